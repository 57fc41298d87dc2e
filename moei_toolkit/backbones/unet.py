"""What backbones share: how features become an image again, under an expert and the global context."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol, cast

import torch.nn.functional as F
from torch import Tensor, nn

from moei_toolkit.backbones.sharded_batch import rand_per_image
from moei_toolkit.experts.base import Expert

TAIL = "tail"


class ResidualBlock(nn.Module):
    """x + conv1x1(relu(conv3x3(x)))."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_channels = channels
        self.spatial = nn.Conv2d(channels, channels, 3, padding=1)
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, (B, C, h, w)."""
        return self.mix(F.relu_(self.spatial(x))).add_(x)  # in place: memory is slower than arithmetic


class Decoder(Protocol):
    """A network that :func:`decode_levels` can run.

    Attributes:
        up: From each level but the coarsest one upwards to it: 1x1 convolutions to 4 times its channels.
        film: By level, from the context to scale and shift of its channels.
        decoder: Blocks by site; coarse to fine, and the tail.
    """

    up: nn.ModuleList
    film: nn.ModuleList
    decoder: nn.ModuleDict


def site_name(level: int, index: int) -> str:
    """Return the name of a block, counted within its level; level 0 is the finest."""
    return f"level{level}_{index}"


def make_up(channels: Sequence[int]) -> nn.ModuleList:
    """Return :attr:`Decoder.up` for features of so many channels, fine to coarse."""
    return nn.ModuleList(nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in pairwise(channels))


def make_decoder(channels: Sequence[int], stride: int, blocks: int) -> nn.ModuleDict:
    """Return :attr:`Decoder.decoder`.

    Args:
        channels: Of each level, fine to coarse.
        stride: Of the finest level, pixels.
        blocks: How many at every level.

    Raises:
        ValueError: If ``blocks`` is negative.
    """
    if blocks < 0:
        raise ValueError(f"blocks must be 0 or more, got {blocks}")
    decoder = nn.ModuleDict(
        {
            site_name(level, i): ResidualBlock(channels[level])
            for level in reversed(range(len(channels)))
            for i in range(blocks)
        }
    )
    decoder[TAIL] = nn.Conv2d(channels[0], 6 * stride**2, 3, padding=1)
    return decoder


def sites_of(decoder: nn.ModuleDict) -> dict[str, int]:
    """Return the output channels of every block of :func:`make_decoder`."""
    return {site: cast(int, block.out_channels) for site, block in decoder.items()}


def silence(layers: Sequence[nn.Module]) -> None:
    """Let convolutions and linear layers return 0."""
    for layer in layers:
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)


def decode_levels(
    net: Decoder, features: Sequence[Tensor], x: Tensor, expert: Expert, context: Tensor
) -> Tensor:
    """Restore an image as ``x + gain * x + offset``, with gain and offset for each pixel.

    Args:
        net: What features become an image with.
        features: Fine to coarse, each half as high and wide as the one before, of ``x`` padded.
        x: (B, 3, H, W).
        expert: What acts at every site.
        context: (B, c), or (1, c) for all.

    Returns:
        (B, 3, H, W).
    """
    h, blocks = features[-1], (len(net.decoder) - 1) // len(features)
    for level in reversed(range(len(features))):
        if level < len(net.up):
            h = F.pixel_shuffle(net.up[level](h), 2).add_(features[level])
        h = modulate(h, net.film[level](context))
        for i in range(blocks):
            site = site_name(level, i)
            h = expert.run(site, net.decoder[site], h)
    h = expert.run(TAIL, net.decoder[TAIL], h)
    gain, offset = F.pixel_shuffle(h, math.isqrt(h.shape[1] // 6)).chunk(2, 1)
    height, width = x.shape[-2:]
    return x + gain[..., :height, :width] * x + offset[..., :height, :width]


def modulate(h: Tensor, scale_and_shift: Tensor) -> Tensor:
    """Scale and shift the channels of ``h`` (B, C, h, w) by what was made of the context, (B or 1, 2 C)."""
    scale, shift = scale_and_shift[:, :, None, None].chunk(2, 1)
    return (h * (1 + scale)).add_(shift)


def check_dropout(share: float) -> float:
    """Return the share of descriptors that training drops.

    Raises:
        ValueError: If it is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise ValueError(f"context_dropout must lie in [0, 1), got {share}")
    return share


def drop_context(g: Tensor, share: float) -> Tensor:
    """Replace a share of the descriptors (B, d), drawn at random, by zeros."""
    return g * (rand_per_image(len(g), g.device) >= share)


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Replicate the right and bottom edges up to a multiple; works for any size down to 1x1."""
    bottom, right = -x.shape[-2] % multiple, -x.shape[-1] % multiple
    return F.pad(x, (0, right, 0, bottom), mode="replicate")
