"""ONNX Runtime on the graphs of a bundle."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.errors import CheckpointError
from moei_toolkit.inference.machine.threads import thread_count
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.runtimes.graph_errors import graph_errors
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.inference.runtimes.names import FIXED_PRECISION
from moei_toolkit.inference.runtimes.packages import import_extra

_FATAL_ONLY = 4  # what fails is raised as well


class OnnxRuntime(Runtime):
    """Runs graphs with ONNX Runtime on the CPU, in float32 whatever the precision of the run.

    Args:
        graphs: The networks.
        protocol: Views and tiles.
        threads: How many; one per core when None.

    Raises:
        ConfigError: If onnxruntime is not installed.
    """

    def __init__(self, graphs: Graphs, protocol: Protocol, threads: int | None = None) -> None:
        super().__init__(replace(protocol, precision=FIXED_PRECISION["onnx"]), tuple(graphs.routes))
        self._engine = import_extra("onnxruntime", "onnx")
        self._graphs = graphs
        self._threads = thread_count(threads)
        self._session = cache(self._open)  # one for all shapes: fixing them gains nothing here

    def describe_views(self, overview: np.ndarray, probes: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.describe_views`."""
        return self._run(self._graphs.describe, overview=overview, probes=probes)

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.restore_tiles`."""
        return self._run(self._graphs.routes[route], tiles=np.ascontiguousarray(tiles), g=g)

    def score(self, g: np.ndarray) -> np.ndarray:
        """Return the router's logits (1, K) for a descriptor g (1, d)."""
        return self._run(self._graphs.router, g=g)

    def _run(self, graph: Path, **inputs: np.ndarray) -> np.ndarray:
        with graph_errors(graph, inputs):
            output: np.ndarray = self._session(graph).run(None, inputs)[0]
        return output

    def _open(self, graph: Path) -> Any:
        options = self._engine.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL_ONLY
        try:
            return self._engine.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of no common type
            raise CheckpointError(f"{graph}: ONNX Runtime cannot open it: {error}") from error
