"""Smooth random fields with a power-law spectrum, the raw material of clouds, depth and texture."""

from __future__ import annotations

import cv2
import numpy as np


def spectral_noise(height: int, width: int, exponent: float, rng: np.random.Generator) -> np.ndarray:
    """Return periodic Gaussian noise whose amplitude spectrum falls as 1 / f ** exponent.

    Args:
        height: Rows.
        width: Columns.
        exponent: 0 is white noise, 1 resembles natural images, 2 and more is smooth.
        rng: Source of randomness.

    Returns:
        (H, W) float32 with mean 0 and standard deviation 1 (all 0 for a single pixel).
    """
    rows = np.fft.fftfreq(height)[:, None]
    columns = np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((height, width), dtype=np.float32))
    return standardise(np.fft.irfft2(spectrum * frequency**-exponent, s=(height, width)))


def smooth_field(
    height: int, width: int, rng: np.random.Generator, grid: int = 48, exponent: float = 1.8
) -> np.ndarray:
    """Return a low-frequency field of any size, drawn on a small grid and enlarged.

    Args:
        height: Rows.
        width: Columns.
        rng: Source of randomness.
        grid: Side of the small grid; details finer than image side / grid do not exist.
        exponent: Fall of the amplitude spectrum.

    Returns:
        (H, W) float32, about mean 0 and standard deviation 1.
    """
    coarse = spectral_noise(grid, grid, exponent, rng)
    # A piece of the period only: opposite borders of a picture must not look alike.
    piece = np.ascontiguousarray(coarse[: max(2, grid * 3 // 4), : max(2, grid * 3 // 4)])
    return cv2.resize(piece, (width, height), interpolation=cv2.INTER_CUBIC)


def standardise(values: np.ndarray) -> np.ndarray:
    """Return the values as float32 with mean 0 and standard deviation 1 (0 where they are constant)."""
    centred = values - values.mean()
    deviation = float(centred.std())
    return (centred / deviation if deviation > 0 else centred).astype(np.float32)
