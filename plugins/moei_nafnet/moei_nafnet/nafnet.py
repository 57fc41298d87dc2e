"""NAFNet in its published shapes, with a descriptor and sites for experts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn

from moei_nafnet.block import NAFBlock
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


class NAFNet(Backbone):
    """A U-Net of blocks without activation functions, whose decoder is modulated by the descriptor g.

    Chen et al., "Simple Baselines for Image Restoration", ECCV 2022. The defaults are the published network
    for denoising at width 32; see the README for the others. Its modules bear the names of the authors, so
    that what they published can be loaded; see :func:`moei_nafnet.published.load_published`.

    g enters as a scale and shift (FiLM, Perez et al., AAAI 2018) on every level of the decoder, which do
    nothing at the start; see `GlobalUNet`, also for why a share of the contexts is dropped while training.
    An untrained network is the identity, for the last layer starts from zero. Sides are padded by replicating
    the border; the authors pad by zeros.

    Args:
        width: Channels of the finest level; each coarser level has twice as many.
        encoder_blocks: Blocks of every level of the encoder, fine to coarse.
        middle_blocks: Blocks between encoder and decoder.
        decoder_blocks: Blocks of every level of the decoder, coarse to fine.
        tlc: Side of the windows that channel attention takes means over, pixels of the image and a multiple
            of ``size_multiple``; None for all of what the network is given. A network trained on crops sees
            other means on larger tiles, and tiles of one image see different ones. The authors restore with
            windows 1.5 times as long as the crops.
        descriptor_dim: Length of g.
        context_dim: Hidden size between g and the modulation of the levels.
        context_dropout: Share of the images of a batch restored without g while training, in [0, 1).
        textures: Learned textures of every scale that g is made of, beside statistics; see `GlobalUNet`.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        width: int = 32,
        encoder_blocks: Sequence[int] = (2, 2, 4, 8),
        middle_blocks: int = 12,
        decoder_blocks: Sequence[int] = (2, 2, 2, 2),
        tlc: int | None = None,
        descriptor_dim: int = 1024,
        context_dim: int = 64,
        context_dropout: float = 0.3,
        textures: int = 0,
    ) -> None:
        super().__init__()
        self._levels = levels = len(encoder_blocks)
        _check_blocks(encoder_blocks, middle_blocks, decoder_blocks)
        self.size_multiple = 2**levels
        if tlc is not None and (tlc < 1 or tlc % self.size_multiple):
            raise ValueError(f"tlc must be a multiple of {self.size_multiple} pixels, or None, got {tlc}")
        self.descriptor_dim = descriptor_dim
        self.context_dropout = check_dropout(context_dropout)
        *widths, deepest = [width * 2**level for level in range(levels + 1)]

        def blocks(level: int, count: int) -> nn.Sequential:
            window = None if tlc is None else tlc >> level
            return nn.Sequential(*(NAFBlock(width << level, window) for _ in range(count)))

        self.intro = nn.Conv2d(3, width, 3, padding=1)
        self.encoders = nn.ModuleList(blocks(level, count) for level, count in enumerate(encoder_blocks))
        self.downs = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths)
        self.middle_blks = blocks(levels, middle_blocks)
        self.ups = nn.ModuleList(_double(2 * w) for w in reversed(widths))
        self.decoders = nn.ModuleList(
            blocks(levels - 1 - stage, count) for stage, count in enumerate(decoder_blocks)
        )
        self.ending = nn.Conv2d(width, 3, 3, padding=1)
        self.context = nn.Sequential(nn.Linear(descriptor_dim, context_dim), nn.GELU())
        self.film = nn.ModuleList(nn.Linear(context_dim, 2 * w) for w in reversed(widths))
        self.descriptor = Descriptor([*widths, deepest], descriptor_dim, textures)
        silence([self.ending, *self.film])
        self.to(memory_format=self.memory_format)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the features of the encoder, at strides 1, 2, 4, ..., and then those of the middle."""
        padded = pad_to_multiple(x, self.size_multiple)
        h, features = self.intro(padded.contiguous(memory_format=self.memory_format)), []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            features.append(encoder(h))
            h = down(features[-1])
        return [*features, self.middle_blks(h)]

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
        levels = reversed(range(self._levels))
        for level, up, film, blocks in zip(levels, self.ups, self.film, self.decoders, strict=True):
            h = modulate(up(h) + skips[level], film(context))
            for i, block in enumerate(blocks.children()):
                h = expert.run(site_name(level, i), block, h)
        height, width = x.shape[-2:]
        return x + expert.run(TAIL, self.ending, h)[..., :height, :width]

    def sites(self) -> dict[str, int]:
        """Return the blocks of the decoder, coarse to fine, and the tail."""
        return {site: cast(int, block.out_channels) for site, block in self._blocks().items()}

    def block(self, site: str) -> nn.Module:
        """Return the dense block of ``site``."""
        return self._blocks()[site]

    def _blocks(self) -> dict[str, nn.Module]:
        coarsest = self._levels - 1
        blocks = {
            site_name(coarsest - stage, i): block
            for stage, level in enumerate(self.decoders)
            for i, block in enumerate(level.children())
        }
        return {**blocks, TAIL: self.ending}


def _double(channels: int) -> nn.Sequential:
    """Return what makes maps twice as high and wide, with half the channels."""
    return nn.Sequential(nn.Conv2d(channels, 2 * channels, 1, bias=False), nn.PixelShuffle(2))


def _check_blocks(encoder: Sequence[int], middle: int, decoder: Sequence[int]) -> None:
    if not encoder or len(encoder) != len(decoder) or min(*encoder, middle, *decoder) < 1:
        raise ValueError(
            "encoder_blocks and decoder_blocks must be equally many numbers above 0, and middle_blocks one, "
            f"got {tuple(encoder)}, {tuple(decoder)} and {middle}"
        )
