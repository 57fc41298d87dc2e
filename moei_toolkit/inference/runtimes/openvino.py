"""OpenVINO on the graphs of a bundle."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.errors import CheckpointError, ConfigError
from moei_toolkit.inference.machine.threads import thread_count
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.runtimes.graph_errors import graph_errors
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.inference.runtimes.packages import import_extra
from moei_toolkit.types import Precision

_HINTS: dict[Precision, str] = {"float32": "f32", "bfloat16": "bf16"}
_ANY = -1
"""A side that is not known when a graph is compiled."""

_KEPT = 10
"""How many graphs are kept compiled: describe, router, and four routes, for whole tiles and for any other.
Each holds the weights of its network."""

_MET = 32
"""How many shapes graphs of open sides may meet until all are compiled anew: each leaves about 1.5 MB."""

_Shapes = tuple[tuple[str, tuple[int, ...]], ...]
"""Of every input, by name."""


class OpenVINORuntime(Runtime):
    """Runs graphs with OpenVINO on the CPU.

    A network that knows the shape of what it gets is a tenth faster, but compiling it takes as long as
    several tiles do, and as much memory as its weights. So each is compiled for whole tiles, which are most
    of an image, and once for all else: the last tiles of rows and columns, calls of fewer tiles than a batch,
    small images, and guides.

    Args:
        graphs: The networks.
        protocol: Views, tiles, and the precision of tiles, which is float32 where the processor lacks it.
        threads: How many; one per core when None.

    Raises:
        ConfigError: If openvino is not installed.
    """

    def __init__(self, graphs: Graphs, protocol: Protocol, threads: int | None = None) -> None:
        self._core = _core()
        if protocol.precision not in self._precisions():
            protocol = replace(protocol, precision="float32")
        super().__init__(protocol, tuple(graphs.routes))
        self._graphs = graphs
        self._threads = thread_count(threads)
        self._read = cache(self._read_model)  # weights that are read once are shared by what becomes of them
        self._compiled = lru_cache(_KEPT)(self._compile)
        self._met: set[tuple[str, tuple[int, ...]]] = set()

    def in_precision(self, precision: Precision) -> OpenVINORuntime:
        """See :meth:`Runtime.in_precision`."""
        known = self._precisions()
        if precision not in known:
            raise ConfigError(
                f"precision {precision!r}: OpenVINO has {', '.join(map(repr, known))} on this processor"
            )
        protocol = replace(self.protocol, precision=precision)
        return OpenVINORuntime(self._graphs, protocol, self._threads).in_batches(self.batch)

    def describe_views(self, overview: np.ndarray, probes: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.describe_views`."""
        return self._run_as_given(self._graphs.describe, overview=overview, probes=probes)

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.restore_tiles`."""
        is_whole = len(tiles) == self.batch and min(tiles.shape[2:]) >= self.protocol.tile
        shape = tiles.shape if is_whole else (_ANY, tiles.shape[1], _ANY, _ANY)
        if not is_whole:
            self._meet(route, tiles.shape)
        graph, hint = self._graphs.routes[route], _HINTS[self.protocol.precision]
        inputs = {"tiles": np.ascontiguousarray(tiles), "g": g}
        with self._giving_up_without_memory():
            restored = self._run(graph, hint, (("tiles", shape), ("g", g.shape)), inputs)
            if not is_whole and (len(restored), *restored.shape[2:]) != (len(tiles), *tiles.shape[2:]):
                # Without memory for a new shape, OpenVINO raises nothing and gives its last result again.
                raise MemoryError(f"OpenVINO has not restored tiles {tiles.shape}: not enough memory")
        return restored

    def score(self, g: np.ndarray) -> np.ndarray:
        """Return the router's logits (1, K) for a descriptor g (1, d)."""
        return self._run_as_given(self._graphs.router, g=g)

    def _precisions(self) -> list[Precision]:
        has_halves = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return [name for name in _HINTS if name == "float32" or has_halves]

    def _meet(self, route: str, shape: tuple[int, ...]) -> None:
        """Note a shape that a graph of open sides is given."""
        if (route, shape) not in self._met and len(self._met) >= _MET:
            self._give_up()
        self._met.add((route, shape))

    def _give_up(self) -> None:
        """Free what is compiled."""
        self._compiled.cache_clear()
        self._met.clear()

    def _run_as_given(self, graph: Path, **inputs: np.ndarray) -> np.ndarray:
        shapes = tuple((name, array.shape) for name, array in inputs.items())
        with self._giving_up_without_memory():
            return self._run(graph, "f32", shapes, inputs)

    def _run(self, graph: Path, hint: str, shapes: _Shapes, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        with graph_errors(graph, inputs):
            output: np.ndarray = self._compiled(graph, hint, shapes)(inputs)[0]
        return output

    @contextmanager
    def _giving_up_without_memory(self) -> Iterator[None]:
        try:
            yield
        except MemoryError:
            self._give_up()  # what has failed may hold much of it
            raise

    def _read_model(self, graph: Path) -> Any:
        try:
            return self._core.read_model(str(graph))
        except RuntimeError as error:
            raise CheckpointError(f"{graph}: OpenVINO cannot open it: {error}") from error

    def _compile(self, graph: Path, hint: str, shapes: _Shapes) -> Any:
        model = self._read(graph).clone()
        model.reshape(dict(shapes))
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": hint,  # its own choice may be bf16
            "INFERENCE_NUM_THREADS": self._threads,
        }
        return self._core.compile_model(model, "CPU", settings)


@cache
def _core() -> Any:
    """Return the one core of this process.

    Its first model gives the thread that compiles it a stack for signals, which is freed with the last core,
    on whatever thread that happens; a signal that comes afterwards ends the process. So there is no last one.
    """
    return _import_openvino().Core()


def _import_openvino() -> Any:
    """Import openvino without letting it report that, which it does unless it believes itself in a CI job."""
    before = os.environ.get("CI")
    os.environ["CI"] = "true"
    try:
        return import_extra("openvino", "openvino")
    finally:
        if before is None:
            del os.environ["CI"]
        else:
            os.environ["CI"] = before
