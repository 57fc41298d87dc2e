"""PSNR and SSIM, in RGB by default and in Y as many published tables have them."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.evaluation.metric import Color, Metric, check_options, in_color, prepare

PSNR_CAP = 100.0
"""PSNR of equal images in dB, and the most any image gets: a mean over images must stay finite."""

SSIM_SIGMA, SSIM_RADIUS = 1.5, 5
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2


class PSNR(Metric):
    """Peak signal-to-noise ratio in dB, -10 log10 of the mean squared error; at most 100 dB.

    Args:
        color: ``"rgb"`` (error over all three channels) or ``"y"``.
        border: Pixels left out on each side.

    Raises:
        ConfigError: An option is out of range.
    """

    higher_is_better = True

    def __init__(self, color: Color = "rgb", border: int = 0) -> None:
        check_options("psnr", color, border)
        self.name = "psnr" if color == "rgb" else "psnr_y"
        self.color, self.border = color, border
        self.protocol = {**_protocol(color, border), "unit": "dB", "cap": PSNR_CAP}

    def __call__(self, restored: object, clean: object) -> float:
        """See `Metric.__call__`."""
        first, second = (in_color(image, self.color) for image in prepare(restored, clean, self.border))
        error = float(np.mean((first - second) ** 2))
        return PSNR_CAP if error == 0 else min(PSNR_CAP, -10 * float(np.log10(error)))


class SSIM(Metric):
    """Mean structural similarity, Gaussian window of 11 pixels and sigma 1.5; averaged over channels.

    Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP
    2004, with population covariance and only windows that lie inside the image. Along a side shorter
    than 11 pixels the window shrinks to the largest odd length that fits.

    Args:
        color: ``"rgb"`` or ``"y"``.
        border: Pixels left out on each side.

    Raises:
        ConfigError: An option is out of range.
    """

    higher_is_better = True

    def __init__(self, color: Color = "rgb", border: int = 0) -> None:
        check_options("ssim", color, border)
        self.name = "ssim" if color == "rgb" else "ssim_y"
        self.color, self.border = color, border
        window = {"window": "gaussian 11, sigma 1.5", "data_range": 1.0, "covariance": "population"}
        self.protocol = {**_protocol(color, border), **window}

    def __call__(self, restored: object, clean: object) -> float:
        """See `Metric.__call__`."""
        first, second = (in_color(image, self.color) for image in prepare(restored, clean, self.border))
        return float(np.mean([_ssim(one, other) for one, other in zip(first, second, strict=True)]))


def _protocol(color: Color, border: int) -> dict[str, object]:
    spaces = {"rgb": "RGB", "y": "Y of BT.601, studio range 16-235 / 255"}
    return {"color": spaces[color], "range": "[0, 1], clipped", "border": border, "rounding": "none"}


def _ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Return the SSIM of two planes (H, W), float64 in [0, 1]."""
    mean_1, mean_2 = _average(first), _average(second)
    variance_1 = _average(first * first) - mean_1 * mean_1
    variance_2 = _average(second * second) - mean_2 * mean_2
    covariance = _average(first * second) - mean_1 * mean_2
    light = (2 * mean_1 * mean_2 + SSIM_C1) / (mean_1**2 + mean_2**2 + SSIM_C1)
    structure = (2 * covariance + SSIM_C2) / (variance_1 + variance_2 + SSIM_C2)
    return float(np.mean(light * structure))


def _average(plane: np.ndarray) -> np.ndarray:
    """Average with the Gaussian window wherever it fits."""
    rows, columns = (min(SSIM_RADIUS, (size - 1) // 2) for size in plane.shape)
    vertical, horizontal = (cv2.getGaussianKernel(2 * r + 1, SSIM_SIGMA, cv2.CV_64F) for r in (rows, columns))
    averaged = cv2.sepFilter2D(plane, cv2.CV_64F, horizontal, vertical, borderType=cv2.BORDER_REPLICATE)
    return averaged[rows : plane.shape[0] - rows, columns : plane.shape[1] - columns]
