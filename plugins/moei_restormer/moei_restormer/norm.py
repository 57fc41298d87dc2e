"""Layer normalisation of channels, with and without a mean to take away."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_EPSILON = 1e-5


def make_norm(channels: int, bias: bool) -> nn.Module:
    """Return a normalisation of the channels at every place, (B, C, h, w) to the same shape."""
    return ChannelNorm(channels) if bias else BiasFreeNorm(channels)


class ChannelNorm(nn.LayerNorm):
    """weight * (x - mean) / deviation + bias, over the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        last = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return last.permute(0, 3, 1, 2)


class BiasFreeNorm(nn.Module):
    """weight * x / deviation, over the channels: the mean stays in.

    Mohan et al., "Robust and Interpretable Blind Image Denoising via Bias-Free Convolutional Neural
    Networks", ICLR 2020: without constants, what is twice as bright comes out twice as bright.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        variance = x.float().var(1, unbiased=False, keepdim=True)
        return x * (variance + _EPSILON).rsqrt() * self.weight[:, None, None]
