"""Whether graphs give what the networks they came from do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec

import numpy as np

from moei_toolkit.errors import ExportError
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime
from moei_toolkit.inference.runtimes.engines import Engine
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.inference.runtimes.onnx import OnnxRuntime
from moei_toolkit.inference.runtimes.openvino import OpenVINORuntime

TOLERANCE = 1e-4
"""Largest absolute difference to eager."""

Comparison = tuple[str, Callable[[Engine], np.ndarray], np.ndarray]
"""Name of a graph, how an engine runs it, and what it must give."""


def check_graphs(graphs: Graphs, eager: EagerRuntime, router: EagerRouter) -> dict[str, float]:
    """Run every graph on noise, in every engine that is installed, and compare with the networks.

    Args:
        graphs: What was exported.
        eager: What it was exported from.
        router: The router it was exported from.

    Returns:
        Largest difference, by graph and engine: ``"describe.onnx in OpenVINO"``.

    Raises:
        ExportError: If one of them is larger than the tolerance, or a graph cannot be run.
    """
    exact = eager.in_precision("float32")
    engines = _engines(graphs, exact.protocol)
    found: dict[str, float] = {}
    for graph, run, expected in _comparisons(graphs, exact, router):
        for engine, runtime in engines.items():
            name = f"{graph}.onnx in {engine}"
            difference = _difference(name, partial(run, runtime), expected)
            if not difference <= TOLERANCE:
                raise ExportError(
                    f"{name}: expected what the network gives to {TOLERANCE:g}, got a difference of "
                    f"{difference:.3g}"
                )
            found[name] = max(difference, found.get(name, 0.0))
    return found


def _engines(graphs: Graphs, protocol: Protocol) -> dict[str, Engine]:
    engines: dict[str, Engine] = {"ONNX Runtime": OnnxRuntime(graphs, protocol)}
    if find_spec("openvino"):
        engines["OpenVINO"] = OpenVINORuntime(graphs, protocol)
    return engines


def _comparisons(graphs: Graphs, exact: EagerRuntime, router: EagerRouter) -> Iterator[Comparison]:
    generator = np.random.default_rng(0)
    overview, probes, *tiles = (generator.random(shape, np.float32) for shape in _shapes(exact.protocol))
    g = exact.describe_views(overview, probes)
    yield graphs.describe.stem, lambda engine: engine.describe_views(overview, probes), g
    yield graphs.router.stem, lambda engine: engine.score(g), router(g)
    for route, path in graphs.routes.items():
        for part in tiles:
            restored = exact.restore_tiles(part, route, g)
            yield f"{path.parent.name}/{path.stem}", partial(_restore, part, route, g), restored


def _restore(tiles: np.ndarray, route: str, g: np.ndarray, engine: Engine) -> np.ndarray:
    return engine.restore_tiles(tiles, route, g)


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
        raise ExportError(f"{name} cannot be run where the network can: {cause}") from error
    if found.shape != expected.shape:
        raise ExportError(f"{name}: expected it to return {expected.shape}, got {found.shape}")
    return float(np.abs(found - expected).max())
