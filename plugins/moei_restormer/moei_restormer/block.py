"""The transformer block of Restormer: attention between channels, then a gated feed-forward network."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from moei_restormer.norm import make_norm


class TransformerBlock(nn.Module):
    """y = x + attn(norm1(x)), then y + ffn(norm2(y)).

    Zamir et al., "Restormer: Efficient Transformer for High-Resolution Image Restoration", CVPR 2022.

    Args:
        channels: C, a multiple of ``heads``.
        heads: Groups of channels that attend among themselves.
        expansion: Hidden channels of ``ffn``, as a multiple of C; rounded down.
        norm_bias: Whether the normalisations take the mean away and add a bias.
    """

    def __init__(self, channels: int, heads: int, expansion: float, norm_bias: bool) -> None:
        super().__init__()
        self.out_channels = channels
        self.norm1 = make_norm(channels, norm_bias)
        self.attn = ChannelAttention(channels, heads)
        self.norm2 = make_norm(channels, norm_bias)
        self.ffn = GatedFeedForward(channels, int(channels * expansion))

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        y = x + self.attn(self.norm1(x))
        return y + self.ffn(self.norm2(y))


class ChannelAttention(nn.Module):
    """softmax(t q k^T) v with channels for tokens (MDTA): its cost grows with the places, not their square.

    q and k are the values of a channel at all places of the input, scaled to length 1, so that t q k^T is the
    cosine between two channels times a learned factor for every head.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.qkv_dwconv = _depthwise(3 * channels)
        self.project_out = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        parts = self.qkv_dwconv(self.qkv(x)).flatten(2).chunk(3, 1)
        q, k, v = (part.unflatten(1, (self.heads, -1)) for part in parts)
        cosines = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT
        mixed = (self.temperature * cosines).softmax(-1) @ v
        maps = mixed.flatten(1, 2).unflatten(2, x.shape[-2:])
        return self.project_out(maps.contiguous(memory_format=torch.channels_last))


class GatedFeedForward(nn.Module):
    """project_out(gelu(a) * b), where a and b are the halves of dwconv(project_in(x)) (GDFN)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.project_in = nn.Conv2d(channels, 2 * hidden, 1, bias=False)
        self.dwconv = _depthwise(2 * hidden)
        self.project_out = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        a, b = self.dwconv(self.project_in(x)).chunk(2, 1)
        return self.project_out(F.gelu(a) * b)


def _depthwise(channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
