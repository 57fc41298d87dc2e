"""Pixels as files hold them, (H, W, 3) integers, and as networks see them, (3, H, W) floats in [0, 1]."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from moei_toolkit.errors import ImageError

LUMA = (0.299, 0.587, 0.114)
_AT_ONCE = 2**17
"""Values that are rounded at a time: few enough for the cache of a processor."""


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Turn (H, W, 3) uint8 or uint16 into (3, H, W) float32 in [0, 1].

    Raises:
        ImageError: The array has another type or shape.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"expected (H, W, 3) uint8 or uint16 pixels, got {pixels.shape} {pixels.dtype}")
    return to_planes(pixels)


def to_planes(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W, C) pixels, see `to_floats`, as planes (C, H, W), float32 in [0, 1]."""
    return np.ascontiguousarray(to_floats(pixels).transpose(2, 0, 1))


def to_floats(pixels: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return uint8, uint16, or float32 in [0, 1] already, as float32 in [0, 1]; in ``out`` if given."""
    return np.divide(pixels, np.float32(full_scale(pixels)), out=out, dtype=np.float32)


def full_scale(pixels: np.ndarray) -> int:
    """Return what stands for 1 in uint8, uint16, or float32 in [0, 1]."""
    return int(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else 1


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
    return quantise(values.transpose(1, 2, 0), bit_depth)


def quantise(values: np.ndarray, bit_depth: int) -> np.ndarray:
    """Turn floats (h, ...) into uint8 or uint16, clipped to [0, 1], rounded half up.

    Raises:
        ImageError: A value is NaN, or they are no floats.
    """
    if values.dtype.kind != "f":
        raise ImageError(f"expected floats in [0, 1], or pixels of {bit_depth} bits, got {values.dtype}")
    dtype = np.uint16 if bit_depth == 16 else np.uint8
    pixels = np.empty(values.shape, dtype)
    step = max(1, _AT_ONCE // max(1, values[:1].size))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        if np.isnan(part.min(initial=0)):
            raise ImageError("the image holds NaN and cannot be written")
        scaled = np.clip(part, 0, 1) * np.float64(np.iinfo(dtype).max)
        scaled += 0.5
        pixels[start : start + step] = scaled
    return pixels


def to_gray(pixels: np.ndarray) -> np.ndarray:
    """Return the (H, W) BT.601 luma of (H, W, 3) integer pixels in the same type, rounded half up."""
    luma = sum(pixels[..., channel] * np.float64(weight) for channel, weight in enumerate(LUMA))
    return np.floor(luma + 0.5).astype(pixels.dtype)


def to_eight_bits(pixels: np.ndarray) -> np.ndarray:
    """Reduce uint16 samples to uint8, rounded to the nearest; uint8 is returned as it is."""
    if pixels.dtype == np.uint8:
        return pixels
    whole, rest = np.divmod(pixels, np.uint16(257))
    return (whole + (rest > 128)).astype(np.uint8)


def hash_pixels(pixels: np.ndarray) -> str:
    """Return the hexadecimal SHA-256 of integer pixels, row by row."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()
