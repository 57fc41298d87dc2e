"""A plausible depth map for a photograph that comes without one."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.data.fields import exact_field, is_large, smooth_field


def estimate_depth(clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Estimate depth from what outdoor photographs have in common.

    Higher in the picture, brighter and less saturated is farther; a low-frequency field adds what these
    cues miss, and an edge-aware filter makes depth follow the outlines of things. All this is found on a
    small picture. A large one lends its own outlines to it (He and Sun 2015): enlarged ones would show as
    stairs in thick haze, beside the things they belong to.

    Args:
        clean: (H, W, 3) float32 RGB in [0, 1].
        rng: Source of randomness.

    Returns:
        (H, W) float32 in [0, 1], 0 is near and 1 is far.
    """
    height, width = clean.shape[:2]
    large = is_large(height, width)
    draw_field = exact_field if large else smooth_field
    small = _shrink(clean, 512)
    rows, columns = small.shape[:2]
    guide = _luminance(small)
    saturation = small.max(axis=2) - small.min(axis=2)
    ramp = np.linspace(1.0, 0.0, rows, dtype=np.float32)[:, None]
    pale = cv2.GaussianBlur(guide - saturation, (0, 0), max(1.0, rows / 64))
    field = draw_field(rows, columns, rng, grid=16, exponent=2.0)
    cues = (0.62 * ramp + 0.30 * pale + 0.10 * field).astype(np.float32)
    slope, offset = fit_lines(guide, cues, max(1, min(rows, columns) // 20), 0.01)
    smooth = slope * guide + offset
    low, high = np.percentile(smooth, (1.0, 99.0))

    def enlarge(image: np.ndarray) -> np.ndarray:
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)

    if large:
        return _stretch(enlarge(slope) * _luminance(clean) + enlarge(offset), float(low), float(high))
    return np.clip(enlarge(_stretch(smooth, low, high)), 0.0, 1.0)


def fit_lines(
    guide: np.ndarray, values: np.ndarray, radius: int, epsilon: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return, at every pixel, slope and offset of the line that gives the values from a guide.

    ``slope * guide + offset`` are the values, smoothed, with the edges of the guide: the guided filter of He,
    Sun and Tang (2013).

    Args:
        guide: (H, W) float32, in [0, 1].
        values: (H, W) float32.
        radius: Half side of the window in pixels.
        epsilon: Variance of the guide below which a window counts as flat.
    """

    def mean(image: np.ndarray) -> np.ndarray:
        size = 2 * radius + 1
        return cv2.blur(image, (size, size), borderType=cv2.BORDER_REPLICATE).reshape(image.shape)

    guide_mean, values_mean = mean(guide), mean(values)
    covariance = mean(guide * values) - guide_mean * values_mean
    variance = mean(guide * guide) - guide_mean * guide_mean
    slope = covariance / (variance + np.float32(epsilon))
    return mean(slope), mean(values_mean - slope * guide_mean)


def _luminance(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).reshape(image.shape[:2])


def _shrink(clean: np.ndarray, longest: int) -> np.ndarray:
    height, width = clean.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1.0:
        return clean
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(clean, size, interpolation=cv2.INTER_AREA)


def _stretch(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Map [low, high] to [0.03, 1]."""
    return np.clip(0.03 + 0.97 * (values - low) / max(high - low, 1e-3), 0.0, 1.0).astype(
        np.float32, copy=False
    )
