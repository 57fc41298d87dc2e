"""What every backbone promises: one shared trunk, one descriptor, and sites where an expert may act."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from moei_toolkit.experts.base import Expert


class Backbone(nn.Module, ABC):
    """A restoration network that can wear an expert.

    An image is described once, from an overview of the whole and a few native-resolution probes, and
    restored tile by tile. ``encode`` serves both; an expert acts in ``decode`` only, so choosing one never
    costs a second pass through the encoder.

    Attributes:
        descriptor_dim: Length d of the descriptor g.
        size_multiple: ``encode`` and ``decode`` take any height and width and pad to a multiple of it inside;
            tiles begin at multiples of it.
        memory_format: How its tensors lie in memory; channels last is the faster one for convolutions.
    """

    descriptor_dim: int = 1024
    size_multiple: int
    memory_format: torch.memory_format = torch.channels_last

    @abstractmethod
    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the features of ``x`` (B, 3, H, W), fine to coarse, each (B, C_i, H / s_i, W / s_i).

        ``x`` stays as it is.
        """

    @abstractmethod
    def summarize(self, features: list[Tensor], x: Tensor) -> Tensor:
        """Pool one view ``x`` (B, 3, H, W) and its features over space and scales to (B, S)."""

    @abstractmethod
    def describe(self, overview: Tensor, probes: Tensor) -> Tensor:
        """Turn the summaries of the views of an image into its descriptor.

        Args:
            overview: (B, S), summary of the downscaled whole image.
            probes: (B, P, S), summaries of P native-resolution crops; their order does not matter.

        Returns:
            g: (B, descriptor_dim).
        """

    @abstractmethod
    def decode(self, features: list[Tensor], x: Tensor, expert: Expert, g: Tensor) -> Tensor:
        """Restore ``x`` (B, 3, H, W) from its features, wearing ``expert``, under the global context ``g``.

        ``x`` and the features stay as they are: they may be decoded along another route next.

        Args:
            features: What ``encode(x)`` returned.
            x: (B, 3, H, W) in [0, 1].
            expert: Called at every site as ``expert.run(site, block, h)``.
            g: (B, descriptor_dim), or (1, descriptor_dim) when all of ``x`` are tiles of one image.

        Returns:
            (B, 3, H, W), not clamped.
        """

    @abstractmethod
    def sites(self) -> dict[str, int]:
        """Return where an expert may act: site name -> output channels of its block, in running order.

        Experts keep modules by these names: a name has no dot, and is none that every module dictionary has.
        """

    @abstractmethod
    def block(self, site: str) -> nn.Module:
        """Return the dense block of a site, so that an expert may start from a copy of it."""

    def forward(
        self, x: Tensor, expert: Expert, return_global: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Restore ``x`` as a whole, taking it as its own overview and probe; optionally return g too."""
        features = self.encode(x)
        summary = self.summarize(features, x)
        g = self.describe(summary, summary.unsqueeze(1))
        restored = self.decode(features, x, expert, g)
        return (restored, g) if return_global else restored
