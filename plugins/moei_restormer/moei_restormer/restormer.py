"""Restormer in its published shape, with a descriptor and sites for experts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from moei_restormer.block import TransformerBlock
from moei_toolkit.backbones.base import Backbone
from moei_toolkit.backbones.descriptor import Descriptor
from moei_toolkit.backbones.unet import (
    TAIL,
    check_dropout,
    drop_context,
    modulate,
    pad_to_multiple,
    silence,
    site_name,
)
from moei_toolkit.experts.base import Expert

_LEVELS = 4


class Restormer(Backbone):
    """Transformers that attend between channels, in a U whose decoder is modulated by the descriptor g.

    Zamir et al., "Restormer: Efficient Transformer for High-Resolution Image Restoration", CVPR 2022. The
    defaults are the published network for deraining, which is also the one for deblurring; the one for
    denoising has ``norm_bias=False``. What the authors published can be loaded; see
    :func:`moei_restormer.published.load_published`.

    g enters as a scale and shift (FiLM, Perez et al., AAAI 2018) on every level of the decoder, which do
    nothing at the start; see `GlobalUNet`, also for why a share of the contexts is dropped while training.
    An untrained network is the identity, for the last layer starts from zero.

    Args:
        width: Channels of the finest level of the encoder; each coarser level has twice as many. The finest
            level of the decoder and the refinement have twice as many too.
        blocks: Of each of the four levels, fine to coarse, in the encoder and again in the decoder.
        refinement_blocks: Blocks behind the decoder.
        heads: Of each of the four levels, fine to coarse; they divide its channels.
        expansion: Hidden channels of the feed-forward networks, as a multiple of theirs; one at least.
        norm_bias: Whether the normalisations take the mean away and add a bias.
        descriptor_dim: Length of g.
        context_dim: Hidden size between g and the modulation of the levels.
        context_dropout: Share of the images of a batch restored without g while training, in [0, 1).
        textures: Learned textures of every scale that g is made of, beside statistics; see `GlobalUNet`.

    Raises:
        ValueError: If an argument is out of its range.
    """

    size_multiple = 2 ** (_LEVELS - 1)

    def __init__(
        self,
        width: int = 48,
        blocks: Sequence[int] = (4, 6, 6, 8),
        refinement_blocks: int = 4,
        heads: Sequence[int] = (1, 2, 4, 8),
        expansion: float = 2.66,
        norm_bias: bool = True,
        descriptor_dim: int = 1024,
        context_dim: int = 64,
        context_dropout: float = 0.3,
        textures: int = 0,
    ) -> None:
        super().__init__()
        widths = [width << level for level in range(_LEVELS)]
        _check_shape(widths, blocks, refinement_blocks, heads)
        if not 1 <= width * expansion < math.inf:
            raise ValueError(f"expansion must leave {width} channels one at least, got {expansion}")
        self.descriptor_dim = descriptor_dim
        self.context_dropout = check_dropout(context_dropout)

        def stage(channels: int, level: int, count: int) -> nn.Sequential:
            return nn.Sequential(
                *(TransformerBlock(channels, heads[level], expansion, norm_bias) for _ in range(count))
            )

        self.embed = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.encoders = nn.ModuleList(stage(widths[level], level, blocks[level]) for level in range(_LEVELS))
        self.downs = nn.ModuleList(_halve(w) for w in widths[:-1])
        self.ups = nn.ModuleList(_double(w) for w in reversed(widths[1:]))
        joined = [widths[2], widths[1], 2 * widths[0]]  # the finest level keeps what it is joined of
        self.joins = nn.ModuleList(
            [*(nn.Conv2d(2 * w, w, 1, bias=False) for w in joined[:-1]), nn.Identity()]
        )
        self.decoders = nn.ModuleList(
            stage(channels, level, blocks[level])
            for channels, level in zip(joined, reversed(range(_LEVELS - 1)), strict=True)
        )
        self.refinement = stage(joined[-1], 0, refinement_blocks)
        self.output = nn.Conv2d(joined[-1], 3, 3, padding=1, bias=False)
        self.context = nn.Sequential(nn.Linear(descriptor_dim, context_dim), nn.GELU())
        self.film = nn.ModuleList(nn.Linear(context_dim, 2 * channels) for channels in joined)
        self.descriptor = Descriptor(widths, descriptor_dim, textures)
        silence([self.output, *self.film])
        self.to(memory_format=self.memory_format)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the features of the four levels of the encoder, at strides 1 to 8."""
        padded = pad_to_multiple(x, self.size_multiple)
        h = self.embed(padded.contiguous(memory_format=self.memory_format))
        features = [self.encoders[0](h)]
        for down, encoder in zip(self.downs, self.encoders[1:], strict=True):
            features.append(encoder(down(features[-1])))
        return features

    def summarize(self, features: list[Tensor], x: Tensor) -> Tensor:
        """Summarize one view; see `Descriptor`."""
        return self.descriptor.summarize(features, x)

    def describe(self, overview: Tensor, probes: Tensor) -> Tensor:
        """Return g (B, descriptor_dim) from the overview's summary and the mean of the probes' summaries."""
        g: Tensor = self.descriptor(overview, probes)
        return g

    def decode(self, features: list[Tensor], x: Tensor, expert: Expert, g: Tensor) -> Tensor:
        """Restore ``x``; see :meth:`Backbone.decode`."""
        context = self.context(drop_context(g, self.context_dropout) if self.training else g)
        *skips, h = features
        stages = zip(self.ups, reversed(skips), self.joins, self.film, self.decoders, strict=True)
        for stage, (up, skip, join, film, blocks) in enumerate(stages):
            h = modulate(join(torch.cat([up(h), skip], 1)), film(context))
            for i, block in enumerate(blocks.children()):
                h = expert.run(site_name(_LEVELS - 2 - stage, i), block, h)
        for i, block in enumerate(self.refinement):
            h = expert.run(f"refinement_{i}", block, h)
        height, width = x.shape[-2:]
        return x + expert.run(TAIL, self.output, h)[..., :height, :width]

    def sites(self) -> dict[str, int]:
        """Return the blocks of the decoder, coarse to fine, those of the refinement, and the tail."""
        return {site: cast(int, block.out_channels) for site, block in self._blocks().items()}

    def block(self, site: str) -> nn.Module:
        """Return the dense block of ``site``."""
        return self._blocks()[site]

    def _blocks(self) -> dict[str, nn.Module]:
        decoder = {
            site_name(_LEVELS - 2 - stage, i): block
            for stage, blocks in enumerate(self.decoders)
            for i, block in enumerate(blocks.children())
        }
        refinement = {f"refinement_{i}": block for i, block in enumerate(self.refinement)}
        return {**decoder, **refinement, TAIL: self.output}


def _halve(channels: int) -> nn.Sequential:
    """Return what makes maps half as high and wide, with twice the channels."""
    return nn.Sequential(nn.Conv2d(channels, channels // 2, 3, padding=1, bias=False), nn.PixelUnshuffle(2))


def _double(channels: int) -> nn.Sequential:
    """Return what makes maps twice as high and wide, with half the channels."""
    return nn.Sequential(nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False), nn.PixelShuffle(2))


def _check_shape(
    widths: Sequence[int], blocks: Sequence[int], refinement_blocks: int, heads: Sequence[int]
) -> None:
    if len(blocks) != _LEVELS or min(*blocks, refinement_blocks) < 1:
        raise ValueError(
            f"blocks must be {_LEVELS} numbers above 0, and refinement_blocks one, got {tuple(blocks)} and "
            f"{refinement_blocks}"
        )
    if len(heads) != _LEVELS or min(heads) < 1 or any(w % h for w, h in zip(widths, heads, strict=True)):
        raise ValueError(f"heads must divide the channels {tuple(widths)} of the levels, got {tuple(heads)}")
    if widths[0] < 2 or widths[0] % 2:
        raise ValueError(f"width must be an even number above 0, got {widths[0]}")
