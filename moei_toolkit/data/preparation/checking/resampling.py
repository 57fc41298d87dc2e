"""A picture between the pixels of another one."""

from __future__ import annotations

import cv2
import numpy as np

LOBES = 4
"""Half width of the filter in pixels; so much of every border has no value."""


def resample(pixels: np.ndarray, rows: float, columns: float) -> np.ndarray:
    """Read a picture at places between its pixels, with a Lanczos filter (Duchon 1979) of four lobes.

    Args:
        pixels: (H, W, 3) uint8.
        rows: Where to read, in pixels below each pixel, from -0.5 to 0.5.
        columns: The same to the right of it.

    Returns:
        (H - 8, W - 8, 3) uint8, what is left once the border is gone that the filter would need more for.
    """
    down, across = lanczos(rows), lanczos(columns)
    inside = slice(LOBES, -LOBES), slice(LOBES, -LOBES)
    read = np.empty((pixels.shape[0] - 2 * LOBES, pixels.shape[1] - 2 * LOBES, 3), np.uint8)
    for channel in range(3):  # one after the other, for the memory
        filtered = cv2.sepFilter2D(pixels[..., channel], cv2.CV_32F, across, down)[inside]
        read[..., channel] = np.clip(np.rint(filtered), 0, 255)
    return read


def lanczos(fraction: float) -> np.ndarray:
    """Return the weights of the 9 pixels around a place, (9,) float64 of sum 1."""
    distance = np.arange(-LOBES, LOBES + 1) - fraction
    weights = np.where(np.abs(distance) < LOBES, np.sinc(distance) * np.sinc(distance / LOBES), 0.0)
    return weights / weights.sum()
