"""Direction consistency: do edges of the restored image run the way edges of the clean one do?"""

from __future__ import annotations

import torch
from torch import Tensor

from moei_toolkit.losses.base import Loss, checked
from moei_toolkit.losses.filters import gaussian_average, luminance, sobel

SIGMA = 2.0
STEP = 2
EPS = 1e-6


class DirectionLoss(Loss):
    """Disagreement of local edge direction, weighted by edge energy; in [0, 2].

    From the structure tensor J of the luminance (Sobel derivatives, Gaussian window of sigma 2 pixels)
    come the double-angle vector v = (Jxx - Jyy, 2 Jxy) and the energy e = Jxx + Jyy (Bigun and Granlund,
    "Optimal orientation detection of linear symmetry", ICCV 1987). With ^ for the restored image

        L_dir = sum w (1 - cos(v^, v)) / (sum w + eps),   w = stopgrad(max(e^, e)),   eps = 1e-6.

    The double angle makes streaks at theta and theta + 180 degrees agree. The weight takes the larger
    energy, because left-over streaks live where the clean image is flat. Both vectors carry a third,
    constant component eps inside the cosine: two places without direction then agree (0), a direction
    over none disagrees (1), and the gradient is finite everywhere. J varies slowly, so it is sampled at
    every second pixel.

    0 for equal images; unchanged by gain and offset of either image; 2 for stripes turned by 90 degrees.
    """

    def __init__(self) -> None:
        super().__init__()
        self.terms = {"direction": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean = checked(restored, clean)
        return direction_distance(sobel(luminance(restored)), sobel(luminance(clean)))


def direction_distance(restored: tuple[Tensor, Tensor], clean: tuple[Tensor, Tensor]) -> Tensor:
    """Return the (B,) direction loss from horizontal and vertical derivatives, each (B, 1, H, W)."""
    difference_r, cross_r, energy_r = _structure(*restored)
    difference_c, cross_c, energy_c = _structure(*clean)
    constant = EPS * EPS
    dot = difference_r * difference_c + cross_r * cross_c + constant
    length_r = (difference_r**2 + cross_r**2 + constant).sqrt()
    length_c = (difference_c**2 + cross_c**2 + constant).sqrt()
    weight = torch.maximum(energy_r, energy_c).detach()
    disagreement = weight * (1 - dot / (length_r * length_c)).clamp(min=0)
    return disagreement.flatten(1).sum(1) / (weight.flatten(1).sum(1) + EPS)


def _structure(horizontal: Tensor, vertical: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return Jxx - Jyy, 2 Jxy and Jxx + Jyy."""
    xx, yy, xy = horizontal * horizontal, vertical * vertical, horizontal * vertical
    tensor = gaussian_average(torch.stack((xx - yy, 2 * xy, xx + yy)), SIGMA, STEP)
    return tensor[0], tensor[1], tensor[2]
