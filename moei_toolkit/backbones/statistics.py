"""Second-order summaries of features and images: what tells rain, haze and snow apart."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

IMAGE_STATISTICS = 37
"""Length of what :func:`image_statistics` returns per image."""

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BANDS = 4
_WINDOWS = ((1, 5), (5, 1), (3, 3), (7, 7))
_FLOOR = 1e-4
_STEP = 3


def moments(maps: Tensor) -> Tensor:
    """Return mean and log standard deviation per channel, (B, C, h, w) -> (B, 2 C).

    Means alone lose texture: a streak raises a filter's spread long before its mean. The logarithm makes
    a doubled contrast the same step everywhere.
    """
    flat = maps.flatten(2).float()
    mean = flat.mean(2)
    variance = (flat - mean.unsqueeze(2)).square().mean(2)
    return torch.cat([mean, variance.add(1e-6).log() / 2], 1)


def image_statistics(x: Tensor) -> Tensor:
    """Return moments of twelve hand-made maps of the image, and the layout of one, (B, 3, H, W) -> (B, 37).

    Four maps tell haze: dark channel over 7x7 (He et al., CVPR 2009), largest channel, luminance, saturation.
    Where the dark channel lies tells haze from a pale picture: haze lifts everything but the foreground,
    which is mostly at the bottom. So its quantiles follow, and its moments in four bands from top to bottom.

    Eight maps tell rain and snow: how far a pixel lies above, and below, the mean of a window around it.
    Streaks and flakes are brighter than what they cover, streaks mostly across a horizontal window and flakes
    across every one; in the logarithm these ratios are differences, which a linear layer can take.
    """
    x = x.float()
    luma = x.mean(1, keepdim=True)
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    dark = -F.max_pool2d(-low, 7, stride=1, padding=3)
    colour = moments(torch.cat([dark, high, luma, high - low], 1))
    detail = [luma - _window_mean(luma, *window) for window in _WINDOWS]
    excess = moments(torch.cat([side.clamp_min(0) for d in detail for side in (d, -d)], 1))
    mean, spread = excess.chunk(2, 1)
    return torch.cat([colour, mean.add(_FLOOR).log(), spread, _quantiles(dark), _band_moments(dark)], 1)


def _quantiles(plane: Tensor) -> Tensor:
    """Return quantiles of every third pixel; neighbours of a dark channel are equal anyway."""
    ranked = plane[..., ::_STEP, ::_STEP].flatten(1).sort(1).values
    return ranked[:, [round(share * (ranked.shape[1] - 1)) for share in _QUANTILES]]


def _band_moments(plane: Tensor) -> Tensor:
    """Return mean and log standard deviation of every band, top to bottom."""
    mean = F.adaptive_avg_pool2d(plane, (_BANDS, 1)).flatten(1)
    variance = F.adaptive_avg_pool2d(plane.square(), (_BANDS, 1)).flatten(1) - mean.square()
    return torch.cat([mean, variance.clamp_min(0).add(1e-6).log() / 2], 1)


def _window_mean(plane: Tensor, height: int, width: int) -> Tensor:
    padded = F.pad(plane, (width // 2, width // 2, height // 2, height // 2), mode="replicate")
    return F.avg_pool2d(padded, (height, width), stride=1)


def summarize_scales(features: Sequence[Tensor], x: Tensor) -> Tensor:
    """Pool mean and deviation of all scales, and simple statistics of the image itself, to (B, S).

    Features are read here, not trained: what is standardised has no scale, so gradients that came this way
    would never stop an encoder whose features grow, and those of the coarsest level would grow without end.
    """
    return torch.cat([image_statistics(x), *(moments(level.detach()) for level in features)], 1)


def summary_length(channels: Sequence[int]) -> int:
    """Return S of :func:`summarize_scales` for features of so many channels."""
    return IMAGE_STATISTICS + 2 * sum(channels)
