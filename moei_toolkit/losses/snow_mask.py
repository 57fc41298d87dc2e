"""An l1 loss where the flakes are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from moei_toolkit.errors import ConfigError
from moei_toolkit.losses.base import Loss, checked
from moei_toolkit.losses.filters import gaussian_average, luminance

SCALE_RATIO = 1.6
PEAK_QUANTILE = 0.995
EPS = 1e-6


class SnowMaskLoss(Loss):
    """Mean absolute difference inside a soft mask of flakes: sum M |restored - clean| / (sum M + eps).

    The mask is only made for the loss; nothing needs it at test time. See `snow_mask`.

    Args:
        sigmas: Flake scales in pixels, each the sigma of the inner Gaussian. The default fits flakes in
            images about 400 pixels high; for 4K frames trained at full resolution take about
            (1, 2, 4, 8). Crops keep the pixel scale of the image they come from.

    Raises:
        ConfigError: A sigma is not positive and finite, or there is none.
    """

    def __init__(self, sigmas: Sequence[float] = (0.8, 1.6, 3.2)) -> None:
        super().__init__()
        if not sigmas or not all(0 < sigma < math.inf for sigma in sigmas):
            raise ConfigError(f"SnowMaskLoss: sigmas must be positive pixel scales, got {tuple(sigmas)}")
        self.sigmas = tuple(sigmas)
        self.terms = {"snow mask l1": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean, degraded = checked(restored, clean, degraded)
        mask = snow_mask(clean, degraded, self.sigmas)
        error = (restored - clean).abs().mean(1, keepdim=True)
        return (mask * error).flatten(1).sum(1) / (mask.flatten(1).sum(1) + EPS)


@torch.no_grad()
def snow_mask(clean: Tensor, degraded: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Find blobs that are brighter than the clean image.

    Difference of Gaussians D = max_k relu(G_sk * r - G_1.6sk * r) on r = relu(Y(degraded) - Y(clean)),
    the ratio 1.6 after Marr and Hildreth, "Theory of edge detection", 1980. Then
    M = clip((D - q) / (p99.5 - q)) with q = median + 3 MAD of D. Where fewer than 0.5 % of the pixels
    respond, the maximum takes the place of p99.5. Without any flake the mask is 0.

    Args:
        clean: (B, 3, H, W).
        degraded: (B, 3, H, W).
        sigmas: Scales in pixels.

    Returns:
        (B, 1, H, W) in [0, 1], without gradient.
    """
    residue = (luminance(degraded) - luminance(clean)).relu()
    responses = [
        gaussian_average(residue, sigma) - gaussian_average(residue, SCALE_RATIO * sigma) for sigma in sigmas
    ]
    response = torch.stack(responses).amax(0).relu()
    floor, peak = (level.view(-1, 1, 1, 1) for level in _levels(response.flatten(1)))
    span = peak - floor
    return torch.where(span > 0, (response - floor) / span.clamp(min=1e-12), 0.0).clamp(0, 1)


def _levels(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return floor and peak of (B, N) responses, each (B,)."""
    median = values.median(1, keepdim=True).values
    floor = median + 3 * (values - median).abs().median(1, keepdim=True).values
    count = values.shape[1]
    peak = values.kthvalue(min(count, int(PEAK_QUANTILE * count) + 1), 1, keepdim=True).values
    return floor[:, 0], torch.where(peak > floor, peak, values.amax(1, keepdim=True))[:, 0]
