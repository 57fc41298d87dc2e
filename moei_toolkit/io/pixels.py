"""Pixels as files hold them, (H, W, 3) integers, and as networks see them, (3, H, W) floats in [0, 1]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from moei_toolkit.errors import ImageError

LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class LoadedImage:
    """A photograph as it came from its file.

    Attributes:
        pixels: (H, W, 3) uint8 or uint16 RGB, upright. A gray photograph has three equal channels.
        alpha: (H, W) opacity in the same type, or None.
        bit_depth: 8 or 16.
        was_gray: True when the file has one colour channel (16-bit gray with opacity counts as RGBA).
        icc: Embedded colour profile, or None.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    bit_depth: int
    was_gray: bool
    icc: bytes | None

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Turn (H, W, 3) uint8 or uint16 into (3, H, W) float32 in [0, 1].

    Raises:
        ImageError: The array has another type or shape.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"expected (H, W, 3) uint8 or uint16 pixels, got {pixels.shape} {pixels.dtype}")
    top = np.float32(np.iinfo(pixels.dtype).max)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32) / top


def to_pixels(image: Any, bit_depth: int = 8) -> np.ndarray:
    """Turn (3, H, W) floats into (H, W, 3) uint8 or uint16, clipped to [0, 1], rounded half up.

    Args:
        image: (3, H, W) floating point array or CPU tensor.
        bit_depth: 8 or 16.

    Raises:
        ImageError: The shape is another one, or a value is NaN.
    """
    values = np.asarray(image)
    if values.ndim != 3 or values.shape[0] != 3:
        raise ImageError(f"expected an image (3, H, W), got shape {values.shape}")
    if np.isnan(values).any():
        raise ImageError("the image holds NaN and cannot be written")
    dtype = np.uint16 if bit_depth == 16 else np.uint8
    scaled = np.clip(values.transpose(1, 2, 0), 0, 1) * np.float64(np.iinfo(dtype).max)
    return np.ascontiguousarray(np.floor(scaled + 0.5).astype(dtype))


def collect_rows(rows: Iterable[tuple[int, Any]], height: int, width: int, bit_depth: int = 8) -> np.ndarray:
    """Gather streamed rows into the pixels of a file, so that the image never exists in float.

    Args:
        rows: (top, (3, h, W) floats) pairs that together cover the image.
        height: Image height in pixels.
        width: Image width in pixels.
        bit_depth: 8 or 16.

    Returns:
        (H, W, 3) uint8 or uint16.

    Raises:
        ImageError: Rows do not fit or are missing.
    """
    pixels = np.empty((height, width, 3), np.uint16 if bit_depth == 16 else np.uint8)
    expected = 0
    for top, part in rows:
        block = to_pixels(part, bit_depth)
        if top != expected or block.shape[1] != width or top + len(block) > height:
            raise ImageError(f"rows {block.shape} at {top} do not follow row {expected} of {height}x{width}")
        pixels[top : top + len(block)] = block
        expected = top + len(block)
    if expected != height:
        raise ImageError(f"only {expected} of {height} rows arrived")
    return pixels


def to_gray(pixels: np.ndarray) -> np.ndarray:
    """Return the (H, W) BT.601 luma of (H, W, 3) integer pixels in the same type, rounded half up."""
    luma = sum(pixels[..., channel] * np.float64(weight) for channel, weight in enumerate(LUMA))
    return np.floor(luma + 0.5).astype(pixels.dtype)
