"""What rain does to a picture: thin bright streaks everywhere, all falling in about one direction."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.data.weather.signs.blocks import (
    BRIGHTEST,
    median_excess,
    median_ratio,
    over_blocks,
    share_over_blocks,
)
from moei_toolkit.data.weather.signs.estimator import Estimator, luminance

ROWS = 540
"""Rows that a picture is reduced to."""
OPACITIES = (0.03, 0.08, 0.16)
"""From which on something counts as a mark."""


def rain_signs(luminance: np.ndarray) -> np.ndarray:
    """Measure rain.

    A top-hat over a short horizontal line keeps what is narrower than the line: streaks that fall, whatever
    their slant. One over a vertical line keeps what is low, which streaks are not. Direction consistency is
    that of the structure tensor over blocks, in double angles (Bigun and Granlund 1987).

    Args:
        luminance: (H, W) float32 in [0, 1], at most `ROWS` high.

    Returns:
        (6,): excess of narrow over low marks at three opacities, dark narrow marks, the ratio of narrow to
        low marks, and direction consistency.
    """
    scale = len(luminance) / ROWS
    around = cv2.GaussianBlur(luminance, (0, 0), max(0.6, 2.9 * scale)).reshape(luminance.shape)
    gain = 1.0 / (BRIGHTEST - around)
    length = max(3, round(5 * scale)) | 1
    line = np.ones((1, length), np.uint8)
    narrow = (luminance - _morph(luminance, cv2.MORPH_OPEN, line)) * gain
    low = (luminance - _morph(luminance, cv2.MORPH_OPEN, line.T.copy())) * gain
    dark = (_morph(luminance, cv2.MORPH_CLOSE, line) - luminance) * gain
    shares = [(share_over_blocks(narrow, a), share_over_blocks(low, a)) for a in OPACITIES]
    return np.array(
        [
            *(median_excess(*pair) for pair in shares),
            float(np.log(np.quantile(over_blocks(dark), 0.25) + 1e-3)),
            median_ratio(*shares[-1]),
            _consistency(luminance, gain, max(0.6, 0.6 * scale)),
        ]
    )


def _morph(luminance: np.ndarray, kind: int, line: np.ndarray) -> np.ndarray:
    return cv2.morphologyEx(luminance, kind, line).reshape(luminance.shape)


def _consistency(luminance: np.ndarray, gain: np.ndarray, sigma: float) -> float:
    """Return how much the blocks of a picture agree in direction, in [0, 1]."""
    smooth = cv2.GaussianBlur(luminance, (0, 0), sigma)
    across, down = (
        cv2.Sobel(smooth, cv2.CV_32F, *order).reshape(luminance.shape) * gain / 8.0
        for order in ((1, 0), (0, 1))
    )
    xx, yy, xy = over_blocks(across * across), over_blocks(down * down), over_blocks(across * down)
    energy = xx + yy + 1e-7
    return float(np.hypot(((xx - yy) / energy).mean(), (2.0 * xy / energy).mean()))


SEVERITY = Estimator(
    luminance(ROWS),
    rain_signs,
    weights=(0.3462, -0.1285, 1.739, 0.08684, -0.04458, 0.05848),
    offset=0.4298,
)
