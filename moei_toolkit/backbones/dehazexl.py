"""DehazeXL in depths and widths, with a descriptor, sites for experts, and the same result every time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.backbones.regions import join_regions, split_regions
from moei_toolkit.backbones.swin import SwinBlock, make_swin_encoder
from moei_toolkit.backbones.tokens import TokenMixer
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

_PATCH, _STAGES, _BLOCKS = 4, 4, 2
_SMALLEST_REGION = 64  # below, a window of the last stage is one cell, whose distances cannot be scaled
_DROP_PATH = 0.1


class DehazeXL(Backbone):
    """Swin transformers on regions of the image, with attention between all regions in the middle.

    Chen et al., "Tokenize Image Patches: Global Context Fusion for Effective Haze Removal in Large Images",
    CVPR 2025. Encoder, bottleneck and decoder have the 125,484,996 parameters of its public configuration.
    Sides are padded to whole regions, as many in each direction as it takes.

    The bottleneck attends exactly. The public one does so below 4,096 places; from there on it hashes and
    samples, and gives another result at every call and in every copy.

    It sees the tile it is given. What lies beyond comes from g, which scales and shifts the channels of its
    result; see `GlobalUNet`, also for why a share of the contexts is dropped while training. An untrained
    network is the identity, for the last layer starts from zero.

    Args:
        width: Channels of the first stage, a multiple of 32; each later stage has twice as many.
        depths: Blocks of the four stages of the encoder. The decoder has two at each.
        mixer_blocks: Transformer blocks of the bottleneck.
        region: Side of a region in pixels, a multiple of 64. Tiles should be multiples of it.
        descriptor_dim: Length of g.
        context_dim: Hidden size between g and the modulation.
        context_dropout: Share of the images of a batch restored without g while training, in [0, 1).

    Raises:
        ValueError: If an argument is out of its range.
    """

    size_multiple = _PATCH * 2 ** (_STAGES - 1)

    def __init__(
        self,
        width: int = 96,
        depths: Sequence[int] = (2, 2, 6, 2),
        mixer_blocks: int = 2,
        region: int = 256,
        descriptor_dim: int = 1024,
        context_dim: int = 64,
        context_dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if width < 1 or width % 32:
            raise ValueError(f"width must be a multiple of 32, which is a head of attention, got {width}")
        if region < 1 or region % _SMALLEST_REGION:
            raise ValueError(f"region must be a multiple of {_SMALLEST_REGION} pixels, got {region}")
        if len(depths) != _STAGES or min(depths) < 1:
            raise ValueError(f"depths must be {_STAGES} numbers above 0, got {tuple(depths)}")
        if mixer_blocks < 0:
            raise ValueError(f"mixer_blocks must be 0 or more, got {mixer_blocks}")
        self.region = region
        self.descriptor_dim = descriptor_dim
        self.context_dropout = check_dropout(context_dropout)
        self._widths = widths = [width * 2**stage for stage in range(_STAGES)]
        self.encoder = make_swin_encoder(width, depths, region)
        self.mixer = TokenMixer(widths[-1], mixer_blocks)
        self.decoder = _make_decoder(widths, region)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w // 2, 2, stride=2) for w in widths)
        pooled = sum(widths) + widths[-1]
        self.descriptor = nn.Sequential(
            nn.LayerNorm(pooled),
            nn.Linear(pooled, descriptor_dim),
            nn.GELU(),
            nn.LayerNorm(descriptor_dim),
        )
        film = nn.Linear(context_dim, 2 * widths[-1])
        self.context = nn.Sequential(nn.Linear(descriptor_dim, context_dim), nn.GELU(), film)
        silence([film])
        self.to(memory_format=self.memory_format)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the features of the four stages, at strides 4 to 32, and the output of the bottleneck."""
        padded = pad_to_multiple(x, self.region)
        rows, columns = padded.shape[-2] // self.region, padded.shape[-1] // self.region
        stages = self.encoder(split_regions(padded, self.region))
        features = [join_regions(stage.permute(0, 3, 1, 2), rows, columns) for stage in stages]
        return [*features, self.mixer(features[-1])]

    def summarize(self, features: list[Tensor], x: Tensor) -> Tensor:
        """Return the mean of every channel of all features, (B, S)."""
        return torch.cat([level.mean((2, 3)) for level in features], 1)

    def describe(self, overview: Tensor, probes: Tensor) -> Tensor:
        """Return g (B, descriptor_dim); the overview and the mean of the probes count in equal parts."""
        return self.descriptor((overview + probes.mean(1)) / 2)

    def decode(self, features: list[Tensor], x: Tensor, expert: Expert, g: Tensor) -> Tensor:
        """Restore ``x``; see :meth:`Backbone.decode`. Sites are given regions, one beside the other in B."""
        context = self.context(drop_context(g, self.context_dropout) if self.training else g)
        *stages, mixed = features
        cells = self.region // self.size_multiple
        rows, columns = mixed.shape[-2] // cells, mixed.shape[-1] // cells
        h = split_regions(modulate(mixed, context), cells)
        for level in reversed(range(_STAGES)):
            h = torch.cat([h, split_regions(stages[level], self.region // (_PATCH << level))], 1)
            for i in range(_BLOCKS):
                site = site_name(level, i)
                h = expert.run(site, self.decoder[site], h)
            h = self.up[level](h)
        residual = join_regions(expert.run(TAIL, self.decoder[TAIL], h), rows, columns)
        height, width = x.shape[-2:]
        return x + residual[..., :height, :width]

    def sites(self) -> dict[str, int]:
        """Return the blocks of the decoder, coarse to fine, and the tail."""
        blocks = {
            site_name(level, i): 2 * self._widths[level]
            for level in reversed(range(_STAGES))
            for i in range(_BLOCKS)
        }
        return {**blocks, TAIL: 3}

    def block(self, site: str) -> nn.Module:
        """Return the dense block of ``site``."""
        return self.decoder[site]


def _make_decoder(widths: Sequence[int], region: int) -> nn.ModuleDict:
    """Return the blocks by site; each sees the features of its stage beside what comes from below."""
    decoder = nn.ModuleDict()
    for level in reversed(range(_STAGES)):
        for i in range(_BLOCKS):
            before = (_STAGES - 1 - level) * _BLOCKS + i
            drop_path = _DROP_PATH * before / (_STAGES * _BLOCKS - 1)
            side = region // (_PATCH << level)
            decoder[site_name(level, i)] = SwinBlock(2 * widths[level], side, i % 2 == 1, drop_path)
    mix = nn.Conv2d(widths[0] // 8, 3, 1, bias=False)
    silence([mix])
    decoder[TAIL] = nn.Sequential(nn.ConvTranspose2d(widths[0] // 2, widths[0] // 8, 2, stride=2), mix)
    return decoder
