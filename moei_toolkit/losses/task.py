"""The loss of each weather: a distance of pixels, and what that weather damages most.

An image is judged by its own weather's loss, whichever expert restored it.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from moei_toolkit.losses.base import Loss, checked, checked_weight
from moei_toolkit.losses.direction import direction_distance
from moei_toolkit.losses.filters import luminance, sobel
from moei_toolkit.losses.image import SSIMLoss, gradient_distance, pixel_distance
from moei_toolkit.losses.perceptual import LPIPSLoss, Net
from moei_toolkit.losses.snow_mask import SnowMaskLoss


class RainLoss(Loss):
    """l1 + 0.05 gradient + 0.02 direction: no streaks, and edges that run as they should.

    Args:
        gradient: Weight of the gradient term, see `GradientLoss`.
        direction: Weight of the direction term, see
            `DirectionLoss`.
        pixel: ``"l1"``, or ``"rmse"`` where a training has to discover streaks and flakes; see `RMSELoss`.

    Raises:
        ConfigError: The pixel distance is unknown, or a weight is below 0 or not finite.
    """

    def __init__(self, gradient: float = 0.05, direction: float = 0.02, pixel: str = "l1") -> None:
        super().__init__()
        self.distance = pixel_distance(pixel)
        self.gradient = checked_weight("gradient", gradient)
        self.direction = checked_weight("direction", direction)
        self.terms = {pixel: 1.0, "gradient": gradient, "direction": direction}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        restored, clean = checked(restored, clean)
        slopes_r, slopes_c = sobel(luminance(restored)), sobel(luminance(clean))
        gradient = gradient_distance((slopes_r[0] - slopes_c[0], slopes_r[1] - slopes_c[1]))
        direction = direction_distance(slopes_r, slopes_c)
        return self.distance(restored, clean) + self.gradient * gradient + self.direction * direction


class HazeLoss(Loss):
    """l1 + 0.05 (1 - SSIM): right colours, and contrast that came back.

    Args:
        ssim: Weight of the SSIM term, see `SSIMLoss` (luminance).
        pixel: ``"l1"``, or ``"rmse"`` where a training has to discover streaks and flakes; see `RMSELoss`.

    Raises:
        ConfigError: The pixel distance is unknown, or a weight is below 0 or not finite.
    """

    def __init__(self, ssim: float = 0.05, pixel: str = "l1") -> None:
        super().__init__()
        self.distance = pixel_distance(pixel)
        self.ssim = checked_weight("ssim", ssim)
        self.structure = SSIMLoss()
        self.terms = {pixel: 1.0, "1 - ssim": ssim}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        structure = self.structure(restored, clean, degraded)
        return self.distance(*checked(restored, clean)) + self.ssim * structure


class SnowLoss(Loss):
    """l1 + 0.05 LPIPS + 0.1 l1 inside the snow mask.

    LPIPS needs weights that do not come with the toolkit. Without ``lpips_weights`` that term is off, and
    ``terms`` does not list it; a path that does not exist is an error, never a silent fallback.

    Args:
        lpips: Weight of the perceptual term.
        mask: Weight of the masked term, see `SnowMaskLoss`.
        lpips_weights: File with the feature weights, or None for no perceptual term.
        lpips_net: The network they belong to.
        sigmas: Flake scales in pixels.
        pixel: ``"l1"``, or ``"rmse"`` where a training has to discover streaks and flakes; see `RMSELoss`.

    Raises:
        ConfigError: The pixel distance is unknown, or a weight is below 0 or not finite.
        WeightsMissingError: ``lpips_weights`` names a file that is not there.
        CheckpointError: The file does not fit the network.
    """

    def __init__(
        self,
        lpips: float = 0.05,
        mask: float = 0.1,
        lpips_weights: str | None = None,
        lpips_net: Net = "squeeze",
        sigmas: Sequence[float] = (0.8, 1.6, 3.2),
        pixel: str = "l1",
    ) -> None:
        super().__init__()
        self.distance = pixel_distance(pixel)
        self.lpips = checked_weight("lpips", lpips)
        self.mask = checked_weight("mask", mask)
        self.flakes = SnowMaskLoss(sigmas)
        self.perceptual = None if lpips_weights is None else LPIPSLoss(lpips_net, lpips_weights)
        self.terms = {pixel: 1.0, "snow mask l1": mask}
        if self.perceptual is not None:
            self.terms[f"lpips-{lpips_net}"] = lpips

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        total = self.distance(*checked(restored, clean)) + self.mask * self.flakes(restored, clean, degraded)
        if self.perceptual is None:
            return total
        return total + self.lpips * self.perceptual(restored, clean, degraded)
