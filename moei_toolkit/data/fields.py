"""Smooth random fields with a power-law spectrum, the raw material of clouds, depth and texture."""

from __future__ import annotations

import cv2
import numpy as np

LARGE = 1080
"""Longest side in pixels up to which every picture keeps the bytes it has always had."""


def is_large(height: int, width: int) -> bool:
    """Tell whether a picture is so large that what enlarging leaves behind would show in it."""
    return max(height, width) > LARGE


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

    Cubic enlarging does not keep straight slopes straight, which shows as a faint grid once a cell of it is
    many pixels wide; so large fields are exact.

    Args:
        height: Rows.
        width: Columns.
        rng: Source of randomness.
        grid: Side of the small grid; details finer than image side / grid do not exist.
        exponent: Fall of the amplitude spectrum.

    Returns:
        (H, W) float32, about mean 0 and standard deviation 1.
    """
    if is_large(height, width):
        return exact_field(height, width, rng, grid, exponent)
    coarse, side = spectral_noise(grid, grid, exponent, rng), _shown(grid)
    piece = np.ascontiguousarray(coarse[:side, :side])
    return cv2.resize(piece, (width, height), interpolation=cv2.INTER_CUBIC)


def exact_field(
    height: int, width: int, rng: np.random.Generator, grid: int = 48, exponent: float = 1.8
) -> np.ndarray:
    """Return the field of :func:`smooth_field`, its waves evaluated at every pixel; see there."""
    coarse, side = spectral_noise(grid, grid, exponent, rng), _shown(grid)
    rows, columns = ((np.arange(n) + 0.5) * (side / n) - 0.5 for n in (height, width))
    return sample_waves(coarse, rows, columns)


def sample_waves(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the Fourier series of a periodic map anywhere between its samples.

    Args:
        values: (N, M) float32, one period.
        rows: (H,) positions down the map, in samples.
        columns: (W,) positions across the map, in samples.

    Returns:
        (H, W) float32.
    """
    count, period = values.shape
    down = np.exp(2j * np.pi * np.outer(rows, np.fft.fftfreq(count)))
    across = np.exp(2j * np.pi * np.outer(np.fft.rfftfreq(period), columns))
    # Of a real map only half of the spectrum is kept; every wave but the ends stands for two.
    twice = np.where(np.arange(period // 2 + 1) * 2 % period == 0, 1.0, 2.0)
    waves = down @ np.fft.rfft2(values) * (twice / values.size)
    turned = np.hstack([waves.real, -waves.imag]).astype(np.float32)
    return turned @ np.vstack([across.real, across.imag]).astype(np.float32)


def _shown(grid: int) -> int:
    """Return how much of the period is shown: opposite borders of a picture must not look alike."""
    return max(2, grid * 3 // 4)


def standardise(values: np.ndarray) -> np.ndarray:
    """Return the values as float32 with mean 0 and standard deviation 1 (0 where they are constant)."""
    centred = values - values.mean()
    deviation = float(centred.std())
    return (centred / deviation if deviation > 0 else centred).astype(np.float32)
