"""The block NAFNet is made of: no activation function, only products of its own channels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from moei_nafnet.pooling import WindowMean


class NAFBlock(nn.Module):
    """y = x + beta * conv3(sca(gate(conv2(conv1(norm1(x)))))), then y + gamma * conv5(gate(conv4(norm2(y)))).

    Chen et al., "Simple Baselines for Image Restoration", ECCV 2022: ``conv2`` is a depthwise 3x3 and the
    others are 1x1, ``gate`` multiplies one half of the channels by the other, and ``sca`` scales the channels
    by a linear function of their means. ``beta`` and ``gamma`` start from zero, so the block is the identity.

    Args:
        channels: C.
        window: Side of the windows that ``sca`` takes means over, places; None for the whole map.
    """

    def __init__(self, channels: int, window: int | None = None) -> None:
        super().__init__()
        self.out_channels = channels
        wide = 2 * channels
        self.norm1 = ChannelNorm(channels)
        self.conv1 = nn.Conv2d(channels, wide, 1)
        self.conv2 = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
        self.sca = nn.Sequential(WindowMean(window), nn.Conv2d(channels, channels, 1))
        self.conv3 = nn.Conv2d(channels, channels, 1)
        self.norm2 = ChannelNorm(channels)
        self.conv4 = nn.Conv2d(channels, wide, 1)
        self.conv5 = nn.Conv2d(channels, channels, 1)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        h = gate(self.conv2(self.conv1(self.norm1(x))))
        y = x + self.beta * self.conv3(h * self.sca(h))
        return y + self.gamma * self.conv5(gate(self.conv4(self.norm2(y))))


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation of the channels at every place."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        last = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return last.permute(0, 3, 1, 2)


def gate(x: Tensor) -> Tensor:
    """Multiply one half of the channels by the other, (B, 2 C, h, w) to (B, C, h, w)."""
    one, other = x.chunk(2, 1)
    return one * other
