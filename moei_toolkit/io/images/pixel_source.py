"""Where the pixels of an image come from: an array, or a file that is read while it is used."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class PixelSource(Protocol):
    """An image read once, from top to bottom.

    Attributes:
        height: Rows of the image.
        width: Columns of the image.
    """

    height: int
    width: int

    def rows(self, top: int, bottom: int) -> np.ndarray:
        """Return rows of the image.

        Args:
            top: First row; never above that of an earlier call, so that what lies above can be forgotten.
            bottom: The row after the last one.

        Returns:
            (bottom - top, W, 3) RGB: uint8, uint16, or float32 in [0, 1]. Not to be written to.

        Raises:
            ImageError: If the file turns out to be damaged.
        """
        ...


class ArraySource:
    """The pixels of an array.

    Args:
        pixels: (H, W, 3) RGB: uint8, uint16, or float32 in [0, 1].
    """

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]

    def rows(self, top: int, bottom: int) -> np.ndarray:
        """Return rows of the array, without copying them."""
        return self.pixels[top:bottom]
