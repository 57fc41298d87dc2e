"""SSIM, in RGB by default and in Y as many published tables have it."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.evaluation.metrics.metric import Metric, check_pair
from moei_toolkit.evaluation.metrics.planes import (
    PLANES,
    STRIP,
    Color,
    check_options,
    name_metric,
    read_plane,
    state_protocol,
    sum_over_strips,
)

SIGMA, RADIUS = 1.5, 5
C1, C2 = 0.01**2, 0.03**2


class SSIM(Metric):
    """Mean structural similarity, Gaussian window of 11 pixels and sigma 1.5; averaged over channels.

    Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP
    2004, with population covariance and only windows that lie inside the image. Along a side shorter
    than 11 pixels the window shrinks to the largest odd length that fits.

    Args:
        color: ``"rgb"`` or ``"y"``.
        border: Pixels left out on each side.
        threads: How many threads share an image, by default as many as torch uses; the value is the same.

    Raises:
        ConfigError: An option is out of range.
    """

    higher_is_better = True

    def __init__(self, color: Color = "rgb", border: int = 0, threads: int | None = None) -> None:
        check_options("ssim", color, border, threads)
        self.name = name_metric("ssim", color, border)
        self.color, self.border, self.threads = color, border, threads
        window = {"window": "gaussian 11, sigma 1.5", "data_range": 1.0, "covariance": "population"}
        self.protocol = {**state_protocol(color, border), **window}

    def __call__(self, restored: object, clean: object) -> float:
        """See `Metric.__call__`."""
        images = check_pair(restored, clean, self.border)
        rows, columns = (size - 2 * _radius(size) for size in images[0].shape[1:])
        total = sum_over_strips(rows, lambda: _Similarity(*images, self.color), self.threads)
        return total / (PLANES[self.color] * rows * columns)


class _Similarity:
    """Adds up the SSIM of all windows of a strip; holds the buffers of one thread.

    With s = a + b and d = a - b, and M and V for mean and variance in a window, SSIM is

        (M(s)^2 - M(d)^2 + 2 C1) / (M(s)^2 + M(d)^2 + 2 C1) * (V(s) - V(d) + 2 C2) / (V(s) + V(d) + 2 C2),

    which takes four averages where the usual form takes five. All in double precision: in bright, nearly flat
    areas V is a small difference of large numbers, and C2, which it is compared with, is small too.

    Args:
        restored: (3, H, W) floating point RGB.
        clean: (3, H, W).
        color: See `Color`.
    """

    def __init__(self, restored: np.ndarray, clean: np.ndarray, color: Color) -> None:
        self._restored, self._clean, self._color = restored, clean, color
        height, width = clean.shape[1:]
        self._margins = _radius(height), _radius(width)
        self._kernels = [cv2.getGaussianKernel(2 * r + 1, SIGMA, cv2.CV_64F) for r in self._margins]
        self._buffers = np.empty((5, min(STRIP + 2 * self._margins[0], height), width))

    def __call__(self, windows: slice) -> float:
        rows = slice(windows.start, windows.stop + 2 * self._margins[0])
        return sum(self._plane(plane, rows) for plane in range(PLANES[self._color]))

    def _plane(self, plane: int, rows: slice) -> float:
        # Everything happens in the buffers: fresh memory for every step would cost more than the arithmetic.
        buffers = self._buffers[:, : rows.stop - rows.start]
        s, d, mean_s, mean_d, spare = buffers
        read_plane(self._restored[:, rows], self._color, plane, out=s)
        read_plane(self._clean[:, rows], self._color, plane, out=spare)
        np.subtract(s, spare, out=d)
        s += spare
        self._average(s, mean_s)
        self._average(d, mean_d)
        s *= s
        self._average(s, spare)
        d *= d
        self._average(d, s)
        (top, left), (height, width) = self._margins, s.shape
        square_d, spare, mean_s, mean_d, square_s = buffers[:, top : height - top, left : width - left]
        mean_s *= mean_s
        mean_d *= mean_d
        square_s -= mean_s
        square_d -= mean_d
        _compare(mean_s, mean_d, 2 * C1, spare)
        _compare(square_s, square_d, 2 * C2, spare)
        mean_s *= square_s
        return float(mean_s.sum())

    def _average(self, plane: np.ndarray, out: np.ndarray) -> None:
        """Average with the window; what it gives within a margin of the edges is not used."""
        vertical, horizontal = self._kernels
        cv2.sepFilter2D(plane, cv2.CV_64F, horizontal, vertical, out, borderType=cv2.BORDER_REPLICATE)


def _compare(first: np.ndarray, second: np.ndarray, constant: float, spare: np.ndarray) -> None:
    """Turn ``first`` into (first - second + constant) / (first + second + constant)."""
    np.subtract(first, second, out=spare)
    spare += constant
    first += second
    first += constant
    np.divide(spare, first, out=first)


def _radius(size: int) -> int:
    """Return how far the window reaches from its middle along a side of ``size`` pixels."""
    return min(RADIUS, (size - 1) // 2)
