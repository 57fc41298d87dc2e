"""What describe sees of an image: an antialiased overview and a few native-resolution probes."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.io.images.pixel_source import PixelSource
from moei_toolkit.io.images.pixels import to_planes

# Fractions of the plastic number spread any number of points evenly over a square (Roberts 2018).
SPREAD = (0.7548776662466927, 0.5698402909980532)


def middle_of(source: PixelSource, size: int) -> np.ndarray:
    """Return the square of a side in the middle of an image, (h, w, 3); less where the image is smaller."""
    top, left = (max(side - size, 0) // 2 for side in (source.height, source.width))
    rows = source.rows(top, min(top + size, source.height))
    return rows[:, left : left + size]


def make_overview(image: np.ndarray, size: int) -> np.ndarray:
    """Return the whole image as a small square.

    Args:
        image: (H, W, 3) RGB, uint8, uint16 or float32 in [0, 1].
        size: Side of the square.

    Returns:
        (3, size, size) float32 in [0, 1]; averaged over areas where it shrinks, bilinear where it grows.
    """
    height, width = image.shape[:2]
    rows, columns = min(size, height), min(size, width)
    # One channel at a time: resizing integers would round, and floats of a whole large image are many.
    planes = [
        cv2.resize(
            to_planes(image[..., channel : channel + 1])[0], (columns, rows), interpolation=cv2.INTER_AREA
        )
        for channel in range(3)
    ]
    return grow_overview(np.stack(planes), size)


def grow_overview(planes: np.ndarray, size: int) -> np.ndarray:
    """Return planes (3, h, w), no side of them above ``size``, as a square of that size."""
    if planes.shape[1:] == (size, size):
        return planes
    return np.stack([cv2.resize(plane, (size, size), interpolation=cv2.INTER_LINEAR) for plane in planes])


def probe_positions(height: int, width: int, size: int, count: int) -> list[tuple[int, int]]:
    """Return where probes are taken: a fixed spread over the image, the first in its middle.

    Args:
        height: Rows of the image.
        width: Columns of the image.
        size: Side of a probe.
        count: Number of probes.

    Returns:
        (top, left) of each probe, inside the image wherever it is large enough.
    """
    free_rows, free_columns = max(height - size, 0), max(width - size, 0)
    return [
        (round((0.5 + n * SPREAD[0]) % 1.0 * free_rows), round((0.5 + n * SPREAD[1]) % 1.0 * free_columns))
        for n in range(count)
    ]
