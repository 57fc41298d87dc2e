"""The usual tiler of restoration repositories against the fastest runtime, with the same network."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import make_model, noise, usual_tiler
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.bench.measuring.row_sink import use_rows
from moei_toolkit.inference.export.onnx_files import write_graph
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.inference.runtimes.openvino import OpenVINORuntime
from moei_toolkit.types import DENSE


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to restore an image of noise from pixels to pixels."""
    eager, image = make_model(), noise(scale)
    g = eager.describe(image)
    folder = tempfile.TemporaryDirectory()
    graph = Path(folder.name) / "dense.onnx"
    inputs = {"tiles": torch.zeros(2, 3, 35, 37), "g": torch.from_numpy(g)}
    sides = {"tiles": {0: "batch", 2: "height", 3: "width"}}
    write_graph(graph, eager.network(DENSE), inputs, "restored", sides)
    fastest = OpenVINORuntime(Graphs(graph, graph, {DENSE: graph}), eager.protocol)

    def banded() -> str:
        use_rows(fastest.restore_rows(image, DENSE, g))
        return folder.name  # which lives as long as this is called

    return usual_tiler(eager, image, g), banded


BENCHMARK = Benchmark("runtime", "the usual tiler", "by bands, in OpenVINO", Target(">=", 2.5), prepare)
