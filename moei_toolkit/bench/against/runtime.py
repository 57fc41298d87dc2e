"""The usual tiler of restoration repositories against the fastest runtime, with the same network."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import torch

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import PROTOCOL, make_model, noise
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.bench.usual import restore_usual
from moei_toolkit.inference.export.onnx_files import write_graph
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.inference.runtimes.openvino import OpenVINORuntime
from moei_toolkit.io.images import to_pixels
from moei_toolkit.types import DENSE


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to restore an image of noise from pixels to pixels."""
    eager, image = make_model(), noise(scale)
    g = eager.describe(image)
    plain = copy.deepcopy(eager.backbone).to(memory_format=torch.contiguous_format)
    plain.memory_format = torch.contiguous_format
    folder = tempfile.TemporaryDirectory()
    graph = Path(folder.name) / "dense.onnx"
    inputs = {"tiles": torch.zeros(2, 3, 35, 37), "g": torch.from_numpy(g)}
    sides = {"tiles": {0: "batch", 2: "height", 3: "width"}}
    write_graph(graph, eager.network(DENSE), inputs, "restored", sides)
    fastest = OpenVINORuntime(Graphs(graph, graph, {DENSE: graph}), eager.protocol)

    def usual() -> None:
        restore_usual(plain, eager.experts[DENSE], image, g, PROTOCOL.tile, PROTOCOL.overlap)

    def banded() -> str:
        for _, rows in fastest.restore_rows(image, DENSE, g):
            to_pixels(rows.transpose(2, 0, 1))
        return folder.name  # which lives as long as this is called

    return usual, banded


BENCHMARK = Benchmark("runtime", "the usual tiler", "by bands, in OpenVINO", Target(">=", 2.5), prepare)
