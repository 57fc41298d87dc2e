"""How much of the machine's convolution speed the network uses: its time against that of plain convolutions.

Both do as many operations. The plain ones are 64 to 64 channels, 3x3, channels last, which is the shape that
processors are fastest at.
"""

from __future__ import annotations

import torch
from torch import nn

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import make_model, noise
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.inference.flops import FlopCount
from moei_toolkit.types import DENSE

CHANNELS, SIDE = 64, 512
CALL_GFLOPS = 2 * 9 * CHANNELS**2 * SIDE**2 / 1e9


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return an image restored by dense, and as many operations of plain convolutions."""
    runtime, image = make_model(), noise(scale)
    g = runtime.describe(image)
    gflops = FlopCount(runtime)
    wanted = gflops.gflops(runtime.experts[DENSE], scale.height, scale.width) - gflops.describing
    calls = max(1, round(wanted / CALL_GFLOPS))
    convolution = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
    convolution = convolution.to(memory_format=torch.channels_last).requires_grad_(False)
    x = torch.rand(1, CHANNELS, SIDE, SIDE).to(memory_format=torch.channels_last)

    def network() -> None:
        for _ in runtime.restore_rows(image, DENSE, g):
            pass

    @torch.inference_mode()
    def plain() -> None:
        for _ in range(calls):
            convolution(x)

    return network, plain


BENCHMARK = Benchmark(
    "flops", "dense at its operations", "plain convolutions, as many operations", Target("<=", 2.0), prepare
)
