"""What a sandstorm does to a picture: everything is warm, even shadows are bright, and little stands out."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.data.weather.signs.estimator import Estimator, colour

LONGEST = 384
"""Longer side in pixels that a picture is reduced to."""
FLOOR = 0.02
"""Added to what is divided or has a logarithm taken: what no camera tells from 0."""


def dust_signs(pixels: np.ndarray) -> np.ndarray:
    """Measure dust.

    A picture of warm things has cold ones too, and a bright one has shadows. Under dust the coldest are warm
    and the darkest are bright, which is the dark channel prior (He, Sun and Tang 2009) for a coloured veil.

    Args:
        pixels: (H, W, 3) float32 RGB in [0, 1], at most `LONGEST` on the longer side.

    Returns:
        (8,): how warm the coldest 5%, the coldest quarter and the median are, (R - B) / (R + G + B); how
        bright the darkest 2% and 10% are in red, and the darkest 2% in blue; contrast, whole and in detail.
    """
    red, green, blue = cv2.split(pixels)
    warm = (red - blue) / (red + green + blue + np.float32(FLOOR))
    luminance = np.float32(0.3) * red + np.float32(0.6) * green + np.float32(0.1) * blue
    side = max(1, min(pixels.shape[:2]) // 24) | 1
    detail = np.abs(luminance - cv2.blur(luminance, (side, side)).reshape(luminance.shape))
    return np.array(
        [
            *np.quantile(warm, (0.05, 0.25, 0.5)),
            *np.quantile(red, (0.02, 0.1)),
            np.quantile(blue, 0.02),
            np.log(luminance.std() + FLOOR),
            np.log(np.quantile(detail, 0.9) + FLOOR),
        ]
    )


SEVERITY = Estimator(
    colour(LONGEST),
    dust_signs,
    weights=(0.4535, 0.005729, 0.5093, 0.6613, -0.3932, 0.3459, -0.06614, -0.09534),
    offset=-0.179,
)
