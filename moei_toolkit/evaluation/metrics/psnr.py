"""PSNR, in RGB by default and in Y as many published tables have it."""

from __future__ import annotations

import math

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

PSNR_CAP = 100.0
"""PSNR of equal images in dB, and the most any image gets: a mean over images must stay finite."""


class PSNR(Metric):
    """Peak signal-to-noise ratio in dB, -10 log10 of the mean squared error; at most 100 dB.

    Args:
        color: ``"rgb"`` (error over all three channels) or ``"y"``.
        border: Pixels left out on each side.
        threads: How many threads share an image, by default as many as torch uses; the value is the same.

    Raises:
        ConfigError: An option is out of range.
    """

    higher_is_better = True

    def __init__(self, color: Color = "rgb", border: int = 0, threads: int | None = None) -> None:
        check_options("psnr", color, border, threads)
        self.name = name_metric("psnr", color, border)
        self.color, self.border, self.threads = color, border, threads
        self.protocol = {**state_protocol(color, border), "unit": "dB", "cap": PSNR_CAP}

    def __call__(self, restored: object, clean: object) -> float:
        """See `Metric.__call__`."""
        images = check_pair(restored, clean, self.border)
        height, width = images[0].shape[1:]
        total = sum_over_strips(height, lambda: _SquaredError(*images, self.color), self.threads)
        error = total / (PLANES[self.color] * height * width)
        return PSNR_CAP if error == 0 else min(PSNR_CAP, -10 * math.log10(error))


class _SquaredError:
    """Adds up the squared error of a strip; holds the buffers of one thread.

    Args:
        restored: (3, H, W) floating point RGB.
        clean: (3, H, W).
        color: See `Color`.
    """

    def __init__(self, restored: np.ndarray, clean: np.ndarray, color: Color) -> None:
        self._restored, self._clean, self._color = restored, clean, color
        height, width = clean.shape[1:]
        self._buffers = np.empty((2, min(STRIP, height), width))

    def __call__(self, rows: slice) -> float:
        error, other = self._buffers[:, : rows.stop - rows.start]
        total = 0.0
        for plane in range(PLANES[self._color]):
            read_plane(self._restored[:, rows], self._color, plane, out=error)
            read_plane(self._clean[:, rows], self._color, plane, out=other)
            error -= other
            error *= error
            total += float(error.sum())
        return total
