"""What haze does to a picture: nothing stays dark, and what is far loses contrast and colour."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from moei_toolkit.data.weather.signs.estimator import Estimator, colour

LONGEST = 384
"""Longer side in pixels that a picture is reduced to."""
BANDS = 4
"""Parts of a picture from top to bottom, because distance and haze grow upwards."""
LEVELS = (0.15, 0.3, 0.5, 0.7, 1.01)
"""Limits of the levels of the dark channel at which contrast and saturation are looked at."""
FEW = 20
"""Pixels below which a level says nothing; then it counts as without contrast and little saturated."""
NO_CONTRAST, LITTLE_SATURATION = -4.0, 0.2


def haze_signs(pixels: np.ndarray) -> np.ndarray:
    """Measure haze.

    The dark channel (He, Sun and Tang 2009) is the least channel of a neighbourhood; over the airlight it
    gives 1 - t, and -log t is the optical thickness.

    Args:
        pixels: (H, W, 3) float32 RGB in [0, 1], at most `LONGEST` on the longer side.

    Returns:
        (18,): dark channel and thickness of four bands, the spread of the thickness over two airlights, and
        contrast and saturation that are reached at four levels of the dark channel.
    """
    side = max(1, min(pixels.shape[:2]) // 24) | 1
    least, most = pixels.min(axis=2), pixels.max(axis=2)
    dark = cv2.erode(least, np.ones((side, side), np.uint8)).reshape(least.shape)
    thick = _thickness(dark, max(0.3, float(np.quantile(dark, 0.99))) + 0.02)
    contrast = _contrast(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).reshape(dark.shape), side)
    saturation = (most - least) / (most + 0.02)
    spread = [float(_thickness(dark, 1.0).std()), float(thick.std())]
    return np.array(
        [
            *_bands(dark),
            *_bands(thick),
            *spread,
            *(NO_CONTRAST if top is None else np.log(top + 0.002) for top in _tops(contrast, dark)),
            *(LITTLE_SATURATION if top is None else top for top in _tops(saturation, dark)),
        ]
    )


def _thickness(dark: np.ndarray, airlight: float) -> np.ndarray:
    return -np.log(np.clip(1.0 - dark / np.float32(airlight), 0.02, 1.0))


def _contrast(luminance: np.ndarray, side: int) -> np.ndarray:
    """Return the standard deviation of the luminance around every pixel."""
    mean = cv2.blur(luminance, (side, side)).reshape(luminance.shape)
    square = cv2.blur(luminance * luminance, (side, side)).reshape(luminance.shape)
    return np.sqrt(np.maximum(square - mean * mean, 0.0))


def _bands(values: np.ndarray) -> list[float]:
    """Return the means of the parts from top to bottom; a picture of fewer rows than parts repeats them."""
    rows = np.linspace(0, len(values), BANDS + 1).astype(int)
    parts = (values[min(top, len(values) - 1) : max(end, top + 1)] for top, end in pairwise(rows))
    return [float(part.mean()) for part in parts]


def _tops(values: np.ndarray, dark: np.ndarray) -> list[float | None]:
    """Return the 90% quantile at every level of the dark channel, None where that is hardly there."""
    found = (values[(dark >= low) & (dark < high)] for low, high in pairwise(LEVELS))
    return [float(np.quantile(part, 0.9)) if part.size > FEW else None for part in found]


SEVERITY = Estimator(
    colour(LONGEST),
    haze_signs,
    weights=(
        -0.3919,
        0.6348,
        1.525,
        -0.3766,
        0.1937,
        -0.1622,
        -0.08225,
        -0.119,
        -0.2629,
        -0.06544,
        0.04593,
        0.02947,
        -0.02547,
        -0.06405,
        0.02453,
        0.1086,
        -0.1114,
        -0.5149,
    ),
    offset=-0.0986,
)
