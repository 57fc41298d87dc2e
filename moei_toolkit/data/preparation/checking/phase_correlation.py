"""How far one picture is shifted against another, from the phases of their spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft

_LOWEST, _HIGHEST = 0.02, 0.15
"""The frequencies that count, in cycles per pixel: below is haze, above are noise and compression."""
_DETAIL, _SURROUNDINGS = 25, 97
"""Sides of what is averaged, in pixels, to tell outlines from light, and to tell how strong they are."""
_MOST_DEVIATIONS = 3.0
_NEAR = 6
"""So many pixels around a peak belong to it."""
_STEPS = np.linspace(-1.0, 1.0, 21)


@dataclass(frozen=True)
class Peak:
    """The shift that the phases of two spectra agree on.

    Attributes:
        rows: In pixels.
        columns: In pixels.
        height: How well they agree, from 0 to 1.
        rival: How well they agree on the best of all other shifts.
    """

    rows: float
    columns: float
    height: float
    rival: float


def flatten(luminance: np.ndarray) -> np.ndarray:
    """Keep the outlines of things, all about equally strong.

    Haze takes contrast, the more the farther away; it is given back. Bright streaks and flakes are cut off.

    Args:
        luminance: (H, W) uint8.

    Returns:
        (H, W) float32 around 0.
    """
    values = luminance.astype(np.float32)
    detail = values - cv2.blur(values, (_DETAIL, _DETAIL))
    variance = cv2.blur(detail * detail, (_SURROUNDINGS, _SURROUNDINGS))
    np.divide(detail, np.sqrt(variance + 1.0), out=detail)  # what is but rounding stays weak
    return np.clip(detail, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)


def find_peak(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Peak:
    """Return how far the second pictures are shifted against the first ones, all by the same.

    This is phase correlation (Kuglin and Hines 1975) within a band of frequencies, summed over the pairs.
    Around the peak the transform is evaluated between pixels (Guizar-Sicairos, Thurman and Fienup 2008).
    Weather, which only one of two pictures has, has no phase in common with the other.

    Args:
        pairs: Flattened pictures (H, W) of one size; ``second[r + rows, c + columns]`` shows ``first[r, c]``.
    """
    height, width = (side - side % 2 for side in pairs[0][0].shape)
    window = np.outer(_hann(height), _hann(width))
    weights = _band(height, width)
    spectrum = weights * sum(
        _phases(first[:height, :width] * window, second[:height, :width] * window) for first, second in pairs
    )
    most = len(pairs) * float(2.0 * weights.sum() - weights[:, 0].sum() - weights[:, -1].sum())
    surface = fft.irfft2(spectrum, s=(height, width)) * (height * width / most)
    row, column = (int(place) for place in np.unravel_index(np.argmax(surface), surface.shape))
    rows, columns, best = _between_pixels(spectrum, _signed(row, height), _signed(column, width))
    near = np.arange(-_NEAR, _NEAR + 1)
    surface[np.ix_((row + near) % height, (column + near) % width)] = 0.0
    return Peak(rows, columns, best / most, float(surface.max()))


def _hann(length: int) -> np.ndarray:
    return np.hanning(length + 2)[1:-1].astype(np.float32)


def _band(height: int, width: int) -> np.ndarray:
    """Return weights of frequencies for half a spectrum, (H, W / 2 + 1) float32."""
    squares = fft.fftfreq(height)[:, None] ** 2 + fft.rfftfreq(width)[None] ** 2
    low = 1.0 - np.exp(-squares / (2.0 * _LOWEST**2))
    return (low * np.exp(-squares / (2.0 * _HIGHEST**2))).astype(np.float32)


def _phases(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the difference of the phases as complex numbers of length 1, or 0 where there is nothing."""
    cross = np.conj(fft.rfft2(first)) * fft.rfft2(second)
    length = np.abs(cross)
    return np.asarray(cross / np.maximum(length, max(1e-6 * float(length.max()), 1e-12)))


def _signed(place: int, side: int) -> int:
    return place - side if place > side // 2 else place


def _between_pixels(spectrum: np.ndarray, row: int, column: int) -> tuple[float, float, float]:
    """Return the peak near a pixel to a fraction of it, and its height as a plain sum."""
    height, width = spectrum.shape[0], 2 * (spectrum.shape[1] - 1)
    halves = spectrum.copy()
    halves[:, 1:-1] *= 2.0  # the other half of the spectrum of a real picture
    down = np.exp(2j * np.pi * np.outer(row + _STEPS, fft.fftfreq(height)))
    across = np.exp(2j * np.pi * np.outer(fft.rfftfreq(width), column + _STEPS))
    values = (down @ halves @ across).real
    inner = values[1:-1, 1:-1]
    i, j = (int(place) + 1 for place in np.unravel_index(np.argmax(inner), inner.shape))
    step = float(_STEPS[1] - _STEPS[0])
    rows = row + _STEPS[i] + step * _vertex(values[i - 1 : i + 2, j])
    columns = column + _STEPS[j] + step * _vertex(values[i, j - 1 : j + 2])
    return float(rows), float(columns), float(values[i, j])


def _vertex(values: np.ndarray) -> float:
    """Return where the parabola through three neighbours has its top, in steps from the middle one."""
    before, here, after = values
    bend = 2.0 * here - before - after
    return float(np.clip(0.5 * (after - before) / bend, -0.5, 0.5)) if bend > 0 else 0.0
