"""Skies: clear, pale, milky, overcast, sunset, night, white, with clouds and stars."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from moei_toolkit.data.fields import smooth_field
from moei_toolkit.data.scenes.canvas import Canvas


@dataclass(frozen=True)
class Sky:
    """Colours of a sky.

    Attributes:
        top: (3,) RGB at the zenith.
        bottom: (3,) RGB at the horizon.
        cloud: (3,) RGB of the clouds.
        cover: Opacity of the clouds in [0, 1].
        stars: Share of pixels with a star.
    """

    top: tuple[float, float, float]
    bottom: tuple[float, float, float]
    cloud: tuple[float, float, float]
    cover: float
    stars: float = 0.0


SKIES = {
    "clear": Sky((0.22, 0.42, 0.72), (0.70, 0.82, 0.92), (0.97, 0.97, 0.97), 0.5),
    "pale": Sky((0.60, 0.75, 0.92), (0.86, 0.91, 0.94), (0.97, 0.97, 0.97), 0.3),
    "milky": Sky((0.75, 0.84, 0.93), (0.90, 0.93, 0.95), (0.95, 0.96, 0.97), 0.3),
    "overcast": Sky((0.62, 0.64, 0.67), (0.80, 0.81, 0.82), (0.52, 0.54, 0.57), 0.6),
    "sunset": Sky((0.28, 0.30, 0.48), (0.97, 0.62, 0.34), (0.72, 0.36, 0.36), 0.6),
    "dusk": Sky((0.10, 0.13, 0.25), (0.42, 0.36, 0.44), (0.20, 0.18, 0.25), 0.6),
    "night": Sky((0.01, 0.015, 0.04), (0.06, 0.07, 0.12), (0.10, 0.10, 0.13), 0.35, 0.0008),
    "stars": Sky((0.01, 0.01, 0.03), (0.05, 0.05, 0.10), (0.16, 0.12, 0.20), 0.3, 0.0035),
    "white": Sky((0.88, 0.89, 0.91), (0.95, 0.95, 0.95), (0.82, 0.84, 0.86), 0.3),
}


def paint_sky(canvas: Canvas, sky: Sky, horizon: int, rng: np.random.Generator) -> None:
    """Paint everything above the horizon row; its depth is 1."""
    rows = max(horizon, 1)
    top = _vary(sky.top, rng)
    bottom = _vary(sky.bottom, rng)
    position = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, None, None] ** np.float32(
        rng.uniform(0.6, 1.6)
    )
    colour = top + position * (bottom - top) + np.zeros((rows, canvas.width, 1), np.float32)
    clouds = smooth_field(rows, canvas.width, rng, grid=64, exponent=float(rng.uniform(1.3, 1.9)))
    opacity = np.clip((clouds - rng.uniform(-0.6, 0.9)) * 0.7, 0.0, 1.0) * np.float32(sky.cover)
    colour += opacity[..., None] * (_vary(sky.cloud, rng) - colour)
    if sky.stars:
        colour += _stars(rows, canvas.width, sky.stars, rng)[..., None]
    canvas.colour[:rows] = colour
    canvas.depth[:rows] = 1.0


def _vary(colour: tuple[float, float, float], rng: np.random.Generator) -> np.ndarray:
    return np.clip(np.array(colour) * rng.uniform(0.85, 1.1) + rng.normal(0, 0.02, 3), 0.0, 1.0).astype(
        np.float32
    )


def _stars(rows: int, columns: int, share: float, rng: np.random.Generator) -> np.ndarray:
    lit = rng.random((rows, columns), dtype=np.float32) < share * rng.uniform(0.5, 2.0)
    # Magnitudes: many faint stars, few bright ones.
    bright = np.where(lit, rng.pareto(1.2, (rows, columns)), 0.0).astype(np.float32)
    return np.minimum(cv2.GaussianBlur(bright, (0, 0), rng.uniform(0.5, 0.9)), 1.0)
