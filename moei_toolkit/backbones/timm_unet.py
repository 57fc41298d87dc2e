"""Any encoder of timm that gives a pyramid, under the decoder of the default backbone."""

from __future__ import annotations

from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.backbones.descriptor import Descriptor
from moei_toolkit.backbones.timm_encoder import TimmEncoder
from moei_toolkit.backbones.unet import (
    TAIL,
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


class TimmUNet(Backbone):
    """A U-Net whose encoder comes from timm; it decodes and describes as `GlobalUNet` does.

    The encoder starts untrained, like everything else, and the whole network as the identity.

    Whatever gives a pyramid of images of any size, once they are padded, is taken: convolutions, attention in
    windows, and attention whose positions follow the size, such as Swin, MaxViT, PVT and TinyViT. Refused are
    columns of one stride (ViT), tables of positions for one size (CoAtNet, LeViT, EfficientFormer, Hiera,
    GC ViT), edges that convolutions cut off (Inception, NASNet), and what cannot be trained on one image
    (ReXNet, ResNeSt). Of 174 encoders, the smallest ones of nearly every family of timm 1.0.31, 119 are
    taken. ``scripts/try_timm_encoders.py`` says which, and why.

    Args:
        encoder: Name of an encoder, for instance ``"resnet18"``, ``"swin_tiny_patch4_window7_224"`` or
            ``"maxvit_pico_rw_256"``. Sides are padded to multiples of 64 in most, and of 256 in the last one,
            which tiles must not be smaller than.
        blocks: Residual blocks per level of the decoder.
        descriptor_dim: Length of g.
        context_dim: Hidden size between g and the modulation of the levels.
        context_dropout: Share of the images of a batch restored without g while training, in [0, 1).
        textures: Learned textures of every scale that g is made of, beside statistics; see `GlobalUNet`.

    Raises:
        ValueError: If timm has no such encoder, it gives no pyramid of images of any size, or an argument is
            out of its range.
    """

    def __init__(
        self,
        encoder: str = "resnet18",
        blocks: int = 2,
        descriptor_dim: int = 1024,
        context_dim: int = 64,
        context_dropout: float = 0.3,
        textures: int = 0,
    ) -> None:
        super().__init__()
        self.context_dropout = check_dropout(context_dropout)
        self.descriptor_dim = descriptor_dim
        self.encoder = TimmEncoder(encoder)
        self.size_multiple = self.encoder.size_multiple
        channels = self.encoder.channels
        self.up = make_up(channels)
        self.decoder = make_decoder(channels, self.encoder.stride, blocks)
        self.context = nn.Sequential(nn.Linear(descriptor_dim, context_dim), nn.GELU())
        self.film = nn.ModuleList(nn.Linear(context_dim, 2 * c) for c in channels)
        self.descriptor = Descriptor(channels, descriptor_dim, textures)
        silence([self.decoder[TAIL], *self.film])
        self.to(memory_format=self.memory_format)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the features of ``x``, padded to ``size_multiple``, as the encoder gives them."""
        padded = pad_to_multiple(x, self.size_multiple)
        features: list[Tensor] = self.encoder(padded.contiguous(memory_format=self.memory_format))
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
