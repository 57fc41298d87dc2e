"""Attention between all places of an image: the bottleneck of DehazeXL."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEADS = 8
_QUERIES = 1024
"""Most places that look at all others at once: what bounds the memory where attention is not one kernel."""


class TokenMixer(nn.Module):
    """A linear layer, a code of where each place lies, and transformer blocks over all places.

    Args:
        channels: C, a multiple of 8.
        blocks: How many.
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        self.embed = nn.Linear(channels, channels)
        self.blocks = nn.ModuleList(_Block(channels) for _ in range(blocks))

    def forward(self, maps: Tensor) -> Tensor:
        """Let every place of (B, C, h, w) see all others; returns the same shape."""
        height, width = maps.shape[-2:]
        tokens = self.embed(maps.permute(0, 2, 3, 1).flatten(1, 2))
        tokens = tokens + position_code(height, width, maps.shape[1], maps.device)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens.unflatten(1, (height, width)).permute(0, 3, 1, 2)


class _Block(nn.Module):
    """Attention, then a gated MLP, each on normalised tokens and beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.RMSNorm(channels, eps=1e-5)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.norm2 = nn.RMSNorm(channels, eps=1e-5)
        self.gate = nn.Linear(channels, 4 * channels, bias=False)
        self.expand = nn.Linear(channels, 4 * channels, bias=False)
        self.reduce = nn.Linear(4 * channels, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm1(x)).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        x = x + self.proj(attend(q, k, v).transpose(1, 2).flatten(2))
        h = self.norm2(x)
        return x + self.reduce(F.gelu(self.gate(h)) * self.expand(h))


def attend(q: Tensor, k: Tensor, v: Tensor, queries: int = _QUERIES) -> Tensor:
    """Return softmax(q k^T / sqrt(d)) v, exactly, for (B, heads, N, d).

    Queries are taken some at a time: what they give does not depend on each other, and no more than
    B x heads x ``queries`` x N weights are in memory at once. A graph that is traced takes all of them.
    """
    if torch.compiler.is_compiling():
        return F.scaled_dot_product_attention(q, k, v)
    return torch.cat([F.scaled_dot_product_attention(part, k, v) for part in q.split(queries, 2)], 2)


def position_code(height: int, width: int, channels: int, device: torch.device) -> Tensor:
    """Return sines and cosines of row and column, (height * width, channels), row by row.

    A quarter of the channels each, at frequencies from 1 down to 1/10000 as in Vaswani et al., "Attention Is
    All You Need", NeurIPS 2017.
    """
    quarter = channels // 4
    frequencies = 10000 ** (-torch.arange(quarter, device=device) / quarter)
    rows = torch.arange(height, device=device)[:, None] * frequencies
    columns = torch.arange(width, device=device)[:, None] * frequencies
    by_row = torch.cat([rows.sin(), rows.cos()], 1)[:, None].expand(-1, width, -1)
    by_column = torch.cat([columns.sin(), columns.cos()], 1)[None].expand(height, -1, -1)
    return torch.cat([by_row, by_column], 2).flatten(0, 1)
