"""Learned textures: what streaks and flakes look like in the features, wherever they are."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_EPSILON = 1e-6


class Textures(nn.Module):
    """Measures how much of a picture shows each of a number of learned textures.

    At every position of every scale a small network over the channels answers how much of each texture is
    there; the mean over positions is left. Moments of the channels cannot tell a few strong flakes from many
    weak edges, an answer to flakes alone can. Pooled answers of filters are the classic of texture analysis
    (Leung and Malik, IJCV 2001); learned ones are the energy layer of Andrearczyk and Whelan ("Using filter
    banks in convolutional neural networks for texture classification", 2016).

    Features are read here and not trained, as by `summarize_scales`, and divided by their root mean square,
    for they grow while the networks that make them learn. The answers are not standardised: a texture that
    hardly ever shows would become loud, and louder still in a moving average of the weights, whose answers
    are not quite those that running values were taken of.

    Args:
        channels: Of the features, one number per scale.
        count: Textures of every scale; 0 for none at all.

    Raises:
        ValueError: If ``count`` is negative.
    """

    def __init__(self, channels: Sequence[int], count: int) -> None:
        if count < 0:
            raise ValueError(f"textures must be >= 0, got {count}")
        super().__init__()
        self.length = len(channels) * count
        self.scales = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, count, 1), nn.ReLU(), nn.Conv2d(count, count, 1), nn.ReLU())
            for c in channels
            if count
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return the mean answers (B, length), float32, scale by scale, for features (B, C_i, h_i, w_i)."""
        if not self.length:
            return features[0].new_zeros((len(features[0]), 0), dtype=torch.float32)
        answers = [
            scale(_relative(level.detach())).flatten(2).float().mean(2)
            for scale, level in zip(self.scales, features, strict=True)
        ]
        return torch.cat(answers, 1)


def _relative(level: Tensor) -> Tensor:
    mean_square = level.float().square().mean((1, 2, 3), keepdim=True)
    return level / (mean_square + _EPSILON).sqrt().to(level.dtype)
