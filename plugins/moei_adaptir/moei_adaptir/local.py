"""What a place lacks, seen with its neighbours."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SIDE = 3


class LowRankDepthwise(nn.Module):
    """A depthwise 3x3 convolution whose kernels are the rows of ``A B``, of few numbers.

    Args:
        channels: h, of input and output.
        rank: Of A (h, rank) and B (rank, 9).
    """

    def __init__(self, channels: int, rank: int) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.empty(channels, rank))
        self.b = nn.Parameter(torch.empty(rank, _SIDE**2))
        self.bias = nn.Parameter(torch.zeros(channels))
        for factor in (self.a, self.b):
            nn.init.kaiming_uniform_(factor, a=math.sqrt(5))

    def forward(self, z: Tensor) -> Tensor:
        """Return (B, h, rows, columns) as it came in."""
        kernels = (self.a @ self.b).view(-1, 1, _SIDE, _SIDE)
        return F.conv2d(z, kernels, self.bias, padding=_SIDE // 2, groups=len(kernels))
