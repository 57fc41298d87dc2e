"""An image as storage hands it out: its pixels, and an overview that needs few of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from moei_toolkit.data.views import make_overview

LARGE = 1_000_000
"""Images of more pixels are stored with an overview beside them."""
SIDE = 512
"""Longest side of that overview."""


@dataclass(frozen=True)
class StoredImage:
    """An image.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, read-only; those in a pair store are read page by page, when touched.
        small: The same, shrunk by `shrink`, if that is stored.
    """

    pixels: np.ndarray
    small: np.ndarray | None = None

    def overview(self, size: int) -> np.ndarray:
        """Return the whole image as a small square.

        Args:
            size: Side of the square.

        Returns:
            (3, size, size) float32 in [0, 1]: `make_overview` of the pixels. Where the size divides ``SIDE``,
            it comes from what is stored beside them, at a hundredth of the cost and within 1 / 255 of it.
        """
        # Areas of any other size are not made of whole shrunk pixels, and a tenth may be between the two.
        if self.small is None or SIDE % size:
            return make_overview(self.pixels, size)
        return make_overview(shrink(self.small, size), size)


def is_large(height: int, width: int) -> bool:
    """Tell whether an image is stored with an overview beside it."""
    return height * width > LARGE


def stored_bytes(height: int, width: int) -> int:
    """Return how many bytes the pixels of an image take, and those of its overview if it is large."""
    small = min(SIDE, height) * min(SIDE, width) if is_large(height, width) else 0
    return 3 * (height * width + small)


def shrink(pixels: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Return (H, W, 3) uint8 pixels averaged over areas, no side of them longer than ``side``."""
    rows, columns = (min(side, length) for length in pixels.shape[:2])
    small: np.ndarray = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)
    return small
