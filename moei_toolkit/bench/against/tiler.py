"""The usual tiler of restoration repositories against the toolkit's, with the same network in PyTorch."""

from __future__ import annotations

import copy

import torch

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import PROTOCOL, make_model, noise
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.bench.usual import restore_usual
from moei_toolkit.io.images import to_pixels
from moei_toolkit.types import DENSE


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to restore an image of noise from pixels to pixels."""
    runtime, image = make_model(), noise(scale)
    g = runtime.describe(image)
    plain = copy.deepcopy(runtime.backbone).to(memory_format=torch.contiguous_format)
    plain.memory_format = torch.contiguous_format
    dense = runtime.experts[DENSE]

    def usual() -> None:
        restore_usual(plain, dense, image, g, PROTOCOL.tile, PROTOCOL.overlap)

    def banded() -> None:
        for _, rows in runtime.restore_rows(image, DENSE, g):
            to_pixels(rows.transpose(2, 0, 1))

    return usual, banded


BENCHMARK = Benchmark("tiler", "the usual tiler", "by bands, in channels last", Target(">=", 1.4), prepare)
