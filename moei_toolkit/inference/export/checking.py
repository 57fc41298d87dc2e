"""Whether graphs give what the networks they came from do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from moei_toolkit.errors import ExportError
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.inference.runtimes.onnx import OnnxRuntime

TOLERANCE = 1e-4
"""Largest absolute difference to eager."""

Comparison = tuple[str, Callable[[], np.ndarray], np.ndarray]
"""Name of a graph, how to run it, and what it must give."""


def check_graphs(graphs: Graphs, eager: EagerRuntime, router: EagerRouter) -> dict[str, float]:
    """Run every graph on noise and compare with the networks.

    Args:
        graphs: What was exported.
        eager: What it was exported from.
        router: The router it was exported from.

    Returns:
        Largest difference of every graph, by file name without its suffix.

    Raises:
        ExportError: If one of them is larger than the tolerance, or a graph cannot be run.
    """
    found: dict[str, float] = {}
    for name, run, expected in _comparisons(graphs, eager, router):
        difference = _difference(name, run, expected)
        if not difference <= TOLERANCE:
            raise ExportError(
                f"{name}.onnx: expected what the network gives to {TOLERANCE:g}, got a difference of "
                f"{difference:.3g}"
            )
        found[name] = max(difference, found.get(name, 0.0))
    return found


def _comparisons(graphs: Graphs, eager: EagerRuntime, router: EagerRouter) -> Iterator[Comparison]:
    exact = eager.in_precision("float32")
    protocol = exact.protocol
    onnx = OnnxRuntime(graphs, protocol)
    generator = np.random.default_rng(0)
    overview, probes, *tiles = (generator.random(shape, np.float32) for shape in _shapes(protocol))
    g = exact.describe_views(overview, probes)
    yield graphs.describe.stem, partial(onnx.describe_views, overview, probes), g
    yield graphs.router.stem, partial(onnx.score, g), router(g)
    for route, path in graphs.routes.items():
        for part in tiles:
            restored = exact.restore_tiles(part, route, g)
            yield f"{path.parent.name}/{path.stem}", partial(onnx.restore_tiles, part, route, g), restored


def _shapes(protocol: Protocol) -> list[tuple[int, ...]]:
    """Return the shapes of an overview, probes, a tile as they come, and two of odd sides."""
    view, probe, tile = protocol.overview_size, protocol.probe_size, protocol.tile
    return [
        (3, view, view),
        (protocol.probes, 3, probe, probe),
        (1, 3, tile, tile),
        (2, 3, tile // 2 + 1, tile // 4 + 3),
    ]


def _difference(name: str, run: Callable[[], np.ndarray], expected: np.ndarray) -> float:
    try:
        found = run()
    except Exception as error:  # engines share no type of error
        cause = " ".join(f"{error}".split())[:300]
        raise ExportError(f"{name}.onnx cannot be run where the network can: {cause}") from error
    if found.shape != expected.shape:
        raise ExportError(f"{name}.onnx: expected it to return {expected.shape}, got {found.shape}")
    return float(np.abs(found - expected).max())
