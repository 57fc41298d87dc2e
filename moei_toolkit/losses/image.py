"""Losses on pixel values, local structure and edges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor

from moei_toolkit.errors import ConfigError, did_you_mean
from moei_toolkit.losses.base import Loss, checked, image_mean
from moei_toolkit.losses.filters import gaussian_within, luminance, sobel

RMSE_FLOOR = 0.01
SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
SSIM_C1 = 0.01**2
SSIM_C2 = 0.03**2


class L1Loss(Loss):
    """Mean absolute difference over pixels and RGB channels."""

    def __init__(self) -> None:
        super().__init__()
        self.terms = {"l1": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        return l1_distance(*checked(restored, clean))


class RMSELoss(Loss):
    """Root of the mean squared difference over pixels and RGB channels.

    Streaks and flakes cover few pixels by much. The best constant answer under l1 is the median, which is to
    leave them alone, and a network trained on it stays there for long; a squared difference has no such rest.
    The root per image keeps haze, which changes every pixel, from drowning the other weathers.

    Args:
        floor: Smallest value, where the slope of the root is bounded; subtracted, so equal images give 0.

    Raises:
        ConfigError: The floor is not positive.
    """

    def __init__(self, floor: float = RMSE_FLOOR) -> None:
        super().__init__()
        self.floor = _checked_floor(self, floor)
        self.terms = {"rmse": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean = checked(restored, clean)
        return rms_distance(restored, clean, self.floor)


class RelativeL1Loss(Loss):
    """L1 distance as a share of what doing nothing leaves, |restored - clean| / (|degraded - clean| + floor).

    Haze changes every pixel and rain few, so under plain l1 a network trained on both learns haze alone.
    Here each image counts alike.

    Args:
        floor: What a clean image is divided by; the smaller, the dearer it is to touch one.

    Raises:
        ConfigError: The floor is not positive.
    """

    def __init__(self, floor: float = 0.02) -> None:
        super().__init__()
        self.floor = _checked_floor(self, floor)
        self.terms = {"relative l1": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean, degraded = checked(restored, clean, degraded)
        return l1_distance(restored, clean) / (l1_distance(degraded, clean) + self.floor)


class SSIMLoss(Loss):
    """1 - SSIM of the luminance, or of the three RGB channels averaged.

    Gaussian window of 11 pixels with sigma 1.5, data range 1, population covariance, averaged over the
    positions where the window fits (Wang et al., "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP 2004). Along a side shorter than 11 pixels the window shrinks to
    the largest odd length that fits.

    Args:
        color: ``"luminance"`` (the index as published, a third of the work) or ``"rgb"``.

    Raises:
        ConfigError: The color is neither.
    """

    def __init__(self, color: Literal["luminance", "rgb"] = "luminance") -> None:
        super().__init__()
        if color not in ("luminance", "rgb"):
            raise ConfigError(f"SSIMLoss: color must be 'luminance' or 'rgb', got {color!r}")
        self.color = color
        self.terms = {"1 - ssim": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean = checked(restored, clean)
        if self.color == "luminance":
            restored, clean = luminance(restored), luminance(clean)
        return (1 - ssim(restored, clean)).clamp(min=0)


class GradientLoss(Loss):
    """L1 distance between the luminance gradients: mean over pixels of |d/dx| + |d/dy| differences.

    The gradients are Sobel responses per pixel (divided by 8). Luminance, because streaks and flakes are
    colourless and the l1 term already watches colour.
    """

    def __init__(self) -> None:
        super().__init__()
        self.terms = {"gradient": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean = checked(restored, clean)
        return gradient_distance(sobel(luminance(restored) - luminance(clean)))


def l1_distance(restored: Tensor, clean: Tensor) -> Tensor:
    """Return the (B,) mean absolute difference of two (B, C, H, W) tensors."""
    return image_mean((restored - clean).abs())


def _checked_floor(loss: Loss, floor: float) -> float:
    if not 0 < floor < math.inf:
        raise ConfigError(f"{type(loss).__name__}: floor must be positive and finite, got {floor}")
    return floor


def rms_distance(restored: Tensor, clean: Tensor, floor: float = RMSE_FLOOR) -> Tensor:
    """Return the (B,) values of sqrt(mean (restored - clean)^2 + floor^2) - floor."""
    return (image_mean((restored - clean).square()) + floor**2).sqrt() - floor


PIXEL_DISTANCES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": l1_distance, "rmse": rms_distance}
"""What a task loss may compare pixels by."""


def pixel_distance(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the distance of a name, from two (B, C, H, W) tensors to (B,).

    Raises:
        ConfigError: There is none of that name.
    """
    if name not in PIXEL_DISTANCES:
        raise ConfigError(f"pixel: unknown distance {name!r}. {did_you_mean(name, PIXEL_DISTANCES)}")
    return PIXEL_DISTANCES[name]


def gradient_distance(gradients: tuple[Tensor, Tensor]) -> Tensor:
    """Return the (B,) mean of |d/dx| + |d/dy| of a difference, given its two derivatives (B, C, H, W)."""
    horizontal, vertical = gradients
    return image_mean(horizontal.abs()) + image_mean(vertical.abs())


def ssim(restored: Tensor, clean: Tensor) -> Tensor:
    """Return the mean structural similarity of two (B, C, H, W) tensors in [0, 1]; (B,).

    Source: Wang et al. 2004, equation 13, with the window described at `SSIMLoss`.
    """
    fixed = gaussian_within(torch.stack((clean, clean * clean)), SSIM_SIGMA, SSIM_RADIUS)
    products = torch.stack((restored, restored * restored, restored * clean))
    moving = gaussian_within(products, SSIM_SIGMA, SSIM_RADIUS)
    (mean_c, square_c), (mean_r, square_r, product) = fixed, moving
    means, squares = mean_r * mean_c, mean_r * mean_r + mean_c * mean_c
    structure = (2 * (product - means) + SSIM_C2) / (square_r + square_c - squares + SSIM_C2)
    return image_mean((2 * means + SSIM_C1) / (squares + SSIM_C1) * structure)
