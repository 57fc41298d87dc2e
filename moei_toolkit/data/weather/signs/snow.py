"""What snow does to a picture: bright blobs of several sizes everywhere."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.data.weather.signs.blocks import BRIGHTEST, FAINT, median_excess, share_over_blocks
from moei_toolkit.data.weather.signs.estimator import Estimator, luminance

ROWS = 720
"""Rows that a picture is reduced to; fewer would lose the finest flakes."""
SIGMAS = (0.8, 1.35, 2.3, 3.9, 6.5)
"""Of the Gaussians between whose neighbours blobs are found, in pixels of a picture of `ROWS` rows; the first
one is compared with the picture itself."""
LEAST = 0.6
"""Sigma that tells anything, in pixels."""
OPACITY = 0.12
"""What counts as a mark."""


def snow_signs(luminance: np.ndarray) -> np.ndarray:
    """Measure snow.

    Differences of Gaussians (Marr and Hildreth 1980) respond to blobs of one size each. Details of the scene
    are as often darker as brighter than what is around them; flakes are brighter.

    Args:
        luminance: (H, W) float32 in [0, 1], at most `ROWS` high.

    Returns:
        (10,): for five sizes of blobs, from fine to coarse, how dense bright ones are in the median block,
        and by how much denser than dark ones.
    """
    scale = len(luminance) / ROWS
    signs: list[float] = []
    fine = luminance
    for sigma in SIGMAS:
        coarse = cv2.GaussianBlur(luminance, (0, 0), max(LEAST, sigma * scale)).reshape(luminance.shape)
        opacity = (fine - coarse) / (BRIGHTEST - coarse)
        bright, dark = share_over_blocks(opacity, OPACITY), share_over_blocks(-opacity, OPACITY)
        signs += [float(np.log(np.median(bright) + FAINT)), median_excess(bright, dark)]
        fine = coarse
    return np.array(signs)


SEVERITY = Estimator(
    luminance(ROWS),
    snow_signs,
    weights=(-0.3836, 11.27, 0.2559, -4.315, 0.0144, 0.6626, -0.195, 2.167, -0.01942, 0.07235),
    offset=-2.054,
)
