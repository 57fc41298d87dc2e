"""From what views of an image look like to the descriptor g."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.standardize import Standardize
from moei_toolkit.backbones.statistics import IMAGE_STATISTICS, summarize_scales, summary_length
from moei_toolkit.backbones.textures import Textures

_FEATURE_WEIGHT = 0.1


class Descriptor(nn.Module):
    """Summarizes the views of an image, and makes g of the summaries.

    A summary is of statistics of the image itself, of moments of its features, and of learned textures.
    Statistics and moments are standardised. The few of the image carry over to new scenes at once; the many
    of the features, equal in weight, would drown them and fit the training scenes by heart, so that they
    count a tenth.

    Args:
        channels: Of the features, one number per scale.
        descriptor_dim: Length of g.
        textures: How many textures are learned of every scale, see `Textures`.

    Raises:
        ValueError: If ``textures`` is negative.
    """

    emphasis: Tensor

    def __init__(self, channels: Sequence[int], descriptor_dim: int, textures: int = 0) -> None:
        super().__init__()
        self.textures = Textures(channels, textures)
        known, learned = summary_length(channels), self.textures.length
        self.standardize = Standardize(2 * known)
        self.register_buffer("emphasis", _emphasis(known))
        self.head = nn.Sequential(
            nn.Linear(2 * (known + learned), descriptor_dim), nn.GELU(), nn.LayerNorm(descriptor_dim)
        )

    def summarize(self, features: Sequence[Tensor], x: Tensor) -> Tensor:
        """Return the summary (B, S) of a view ``x`` (B, 3, H, W) and its features (B, C_i, h_i, w_i)."""
        return torch.cat([summarize_scales(features, x), self.textures(features)], 1)

    def forward(self, overview: Tensor, probes: Tensor) -> Tensor:
        """Return g (B, descriptor_dim) of the summary of an overview (B, S) and those of probes (B, P, S).

        Probes count as their mean.
        """
        views = torch.stack([overview, probes.mean(1)], 1)
        learned = self.textures.length
        known, shown = views.split([views.shape[2] - learned, learned], 2)
        standardized = self.standardize(known.flatten(1)) * self.emphasis
        g: Tensor = self.head(torch.cat([standardized, shown.flatten(1)], 1))
        return g


def _emphasis(length: int) -> Tensor:
    """Return the weight of every statistic of both views, (2 S,), where S is ``length``."""
    view = torch.full((length,), _FEATURE_WEIGHT)
    view[:IMAGE_STATISTICS] = 1.0
    return view.repeat(2)
