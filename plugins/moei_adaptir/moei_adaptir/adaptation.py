"""The module beside a block: three views of its input, each weighing another."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from moei_adaptir.channel import ChannelScore
from moei_adaptir.local import LowRankDepthwise
from moei_adaptir.spectral import SpectralAffine


class Adaptation(nn.Module):
    """``expand((sigmoid(c(global)) local + sigmoid(s(local)) global) channel)``, starting from zero.

    All of z = norm(reduce(x)): ``local`` is `LowRankDepthwise`, ``global`` `SpectralAffine` and ``channel``
    `ChannelScore`; c gives a number per channel and s one per place.

    Args:
        channels: C, of input and output.
        hidden: h, of z.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, hidden, 1)
        # Of one image, in training as later: a batch of crops says nothing of the one image to restore.
        self.norm = ImageNorm(1, hidden)
        self.local = LowRankDepthwise(hidden, max(1, hidden // 2))
        self.whole = SpectralAffine(hidden)
        self.channel = ChannelScore(hidden)
        narrow = max(1, hidden // 4)
        self.by_channel = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(hidden, narrow, 1), nn.GELU(), nn.Conv2d(narrow, hidden, 1)
        )
        self.by_place = nn.Conv2d(hidden, 1, 1)
        self.expand = nn.Conv2d(hidden, channels, 1, bias=False)
        for layer in (self.by_channel[-1], self.by_place, self.expand):
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Return what to add to a block of the input ``x`` (B, C, rows, columns); the same shape."""
        z = self.norm(self.reduce(x))
        local, whole = self.local(z), self.whole(z)
        space = self.by_channel(whole).sigmoid() * local + self.by_place(local).sigmoid() * whole
        added: Tensor = self.expand(space * self.channel(z))
        return added


class ImageNorm(nn.GroupNorm):
    """Normalises an image, also one of a single place and channel, which torch's own module refuses."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, h, rows, columns)."""
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
