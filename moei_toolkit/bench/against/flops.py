"""How much of the machine's convolution speed the network uses: its time against that of plain convolutions.

Both do as many operations. The plain ones are 3x3, channels last, of the fastest of a few shapes.
"""

from __future__ import annotations

import timeit

import torch
from torch import nn

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import make_model, noise
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.inference.flops import FlopCount
from moei_toolkit.types import DENSE

SHAPES = ((32, 512), (64, 512), (64, 256), (128, 256), (256, 128))
"""Channels in and out, and side."""


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return an image restored by dense, and as many operations of plain convolutions."""
    runtime, image = make_model(), noise(scale)
    g = runtime.describe(image)
    gflops = FlopCount(runtime)
    wanted = gflops.gflops(DENSE, runtime.experts[DENSE], scale.height, scale.width) - gflops.describing
    convolve, gflops_of_call = min((_convolution(*shape) for shape in SHAPES), key=_seconds_per_gflop)
    calls = max(1, round(wanted / gflops_of_call))

    def network() -> None:
        for _ in runtime.restore_rows(image, DENSE, g):
            pass

    def plain() -> None:
        for _ in range(calls):
            convolve()

    return network, plain


def _convolution(channels: int, side: int) -> tuple[Work, float]:
    """Return a convolution and its 1e9 operations."""
    layer = nn.Conv2d(channels, channels, 3, padding=1, bias=False).to(memory_format=torch.channels_last)
    x = torch.rand(1, channels, side, side).to(memory_format=torch.channels_last)
    return torch.inference_mode()(lambda: layer(x)), 2 * 9 * channels**2 * side**2 / 1e9


def _seconds_per_gflop(candidate: tuple[Work, float]) -> float:
    work, gflops = candidate
    return min(timeit.repeat(work, number=1, repeat=6)) / gflops


BENCHMARK = Benchmark(
    "flops", "dense at its operations", "plain convolutions, as many operations", Target("<=", 2.0), prepare
)
