"""The loss of sandstorms: pixels, contrast that came back, and a cast that is gone."""

from __future__ import annotations

from torch import Tensor

from moei_toolkit.losses.base import Loss, checked, checked_weight
from moei_toolkit.losses.image import SSIMLoss, pixel_distance

FLOOR = 0.01
"""Added to every channel, so that a black image has a colour too: gray."""


class SandstormLoss(Loss):
    """l1 + 0.05 (1 - SSIM) + 0.1 chromaticity.

    The last term is the l1 distance between the mean colours of the two images as shares of their sum, which
    is 0 whatever their brightness when their casts are equal, and at most 2. That a mean colour tells the
    light is the gray-world assumption (Buchsbaum, "A spatial processor model for object colour perception",
    1980); here the clean image says what it should be, so no world needs to be gray.

    Args:
        ssim: Weight of the SSIM term (luminance).
        chromaticity: Weight of the chromaticity term.
        pixel: ``"l1"``, or ``"rmse"`` as the other weathers of a training may have it.

    Raises:
        ConfigError: The pixel distance is unknown, or a weight is below 0 or not finite.
    """

    def __init__(self, ssim: float = 0.05, chromaticity: float = 0.1, pixel: str = "l1") -> None:
        super().__init__()
        self.distance = pixel_distance(pixel)
        self.ssim = checked_weight("ssim", ssim)
        self.chromaticity = checked_weight("chromaticity", chromaticity)
        self.structure = SSIMLoss()
        self.terms = {pixel: 1.0, "1 - ssim": ssim, "chromaticity": chromaticity}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean = checked(restored, clean)
        structure = self.structure(restored, clean, degraded)
        cast = (mean_chromaticity(restored) - mean_chromaticity(clean)).abs().sum(1)
        return self.distance(restored, clean) + self.ssim * structure + self.chromaticity * cast


def mean_chromaticity(images: Tensor) -> Tensor:
    """Return the mean colour of (B, 3, H, W) images as shares of its sum, (B, 3) in [0, 1]."""
    mean = images.mean((2, 3)).clamp(min=0) + FLOOR
    return mean / mean.sum(1, keepdim=True)
