"""The default backbone: a plain U-Net of dense 3x3 convolutions that knows the whole image."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.backbones.descriptor import Descriptor
from moei_toolkit.backbones.unet import (
    TAIL,
    ResidualBlock,
    check_dropout,
    decode_levels,
    drop_context,
    make_decoder,
    make_up,
    pad_to_multiple,
    silence,
    sites_of,
)
from moei_toolkit.experts.base import Expert

MOST_LEVELS = 10


class GlobalUNet(Backbone):
    """A U-Net on 2x2 pixel-unshuffled input whose decoder is modulated by the descriptor g.

    Built for speed: dense 3x3 convolutions, ReLU, no normalisation and no depthwise layer at high
    resolution, channels_last throughout. The output is ``x + gain * x + offset`` with gain and offset per
    pixel, because removing haze is affine in the image: J = I / t + A (1 - 1 / t).

    The context enters as feature-wise scale and shift (FiLM, Perez et al., AAAI 2018) on every level of the
    decoder. An untrained network is the identity.

    While training, the context of a share of the images is left out. g tells scenes apart as well as
    weathers, and a decoder that always has it restores what the scene looks like instead of what it sees.

    Args:
        width: Channels of the finest level; each coarser level has twice as many.
        levels: How many times the features are halved after the 2x2 unshuffle, 0 to `MOST_LEVELS`.
        blocks: Residual blocks per level, in the encoder and again in the decoder.
        descriptor_dim: Length of g.
        context_dim: Hidden size between g and the modulation of the levels.
        context_dropout: Share of the images of a batch restored without g while training, in [0, 1).
        textures: How many learned textures of every scale g is made of, beside the moments of the features.
            They are learned well where the auxiliary head weighs on g as much as restoring does.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        width: int = 24,
        levels: int = 3,
        blocks: int = 2,
        descriptor_dim: int = 1024,
        context_dim: int = 64,
        context_dropout: float = 0.3,
        textures: int = 0,
    ) -> None:
        super().__init__()
        if not 0 <= levels <= MOST_LEVELS:
            raise ValueError(f"levels must lie in [0, {MOST_LEVELS}], got {levels}")
        self.context_dropout = check_dropout(context_dropout)
        self.descriptor_dim = descriptor_dim
        self.size_multiple = 2 ** (levels + 1)
        widths = [width * 2**level for level in range(levels + 1)]
        self.stem = nn.Conv2d(12, width, 3, padding=1)
        self.encoder = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(w) for _ in range(blocks))) for w in widths
        )
        self.down = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths[:-1])
        self.up = make_up(widths)
        self.decoder = make_decoder(widths, 2, blocks)
        self.context = nn.Sequential(nn.Linear(descriptor_dim, context_dim), nn.GELU())
        self.film = nn.ModuleList(nn.Linear(context_dim, 2 * w) for w in widths)
        self.descriptor = Descriptor(widths, descriptor_dim, textures)
        silence([self.decoder[TAIL], *self.film])
        self.to(memory_format=self.memory_format)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return features at strides 2, 4, ..., 2 ** (levels + 1) of ``x`` padded to ``size_multiple``."""
        h = F.pixel_unshuffle(pad_to_multiple(x, self.size_multiple), 2)
        h = self.stem(h.contiguous(memory_format=self.memory_format))
        features = [self.encoder[0](h)]
        for down, blocks in zip(self.down, self.encoder[1:], strict=True):
            features.append(blocks(down(features[-1])))
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
        return decode_levels(self, features, x, expert, context)

    def sites(self) -> dict[str, int]:
        """Return the decoder blocks, coarse to fine, and the tail."""
        return sites_of(self.decoder)

    def block(self, site: str) -> nn.Module:
        """Return the dense block of ``site``."""
        return self.decoder[site]
