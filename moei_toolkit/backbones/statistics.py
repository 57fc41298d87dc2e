"""Second-order summaries of features and images: what tells rain, haze and snow apart."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

IMAGE_STATISTICS = 14
"""Length of what :func:`image_statistics` returns per image."""


def moments(maps: Tensor) -> Tensor:
    """Return mean and standard deviation per channel, (B, C, h, w) -> (B, 2 C).

    Means alone lose texture: a streak raises a filter's spread long before its mean.
    """
    flat = maps.flatten(2).float()
    mean = flat.mean(2)
    deviation = (flat - mean.unsqueeze(2)).square().mean(2).add(1e-8).sqrt()
    return torch.cat([mean, deviation], 1)


def image_statistics(x: Tensor) -> Tensor:
    """Return moments of seven hand-made maps of the image, (B, 3, H, W) -> (B, 14).

    The maps: dark channel over 7x7 (He et al., CVPR 2009), largest channel, luminance, saturation,
    absolute horizontal and vertical differences, and the excess over the 3x3 mean (bright specks).
    """
    x = x.float()
    luma = x.mean(1, keepdim=True)
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    dark = -F.max_pool2d(-low, 7, stride=1, padding=3)
    padded = F.pad(luma, (1, 1, 1, 1), mode="replicate")
    dx = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]).abs()
    dy = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]).abs()
    specks = (luma - F.avg_pool2d(padded, 3, stride=1)).clamp_min(0)
    return moments(torch.cat([dark, high, luma, high - low, dx, dy, specks], 1))
