"""The plane things stand on, in perspective, and mountains behind it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from moei_toolkit.data.scenes.canvas import Canvas
from moei_toolkit.data.scenes.texture import SIDE, TextureBank, tint

FARTHEST = 0.93
NEAREST = 0.04


def ground_depth(position: np.ndarray | float) -> np.ndarray | float:
    """Return depth on the ground plane; position runs from 0 at the horizon to 1 at the lower border."""
    return NEAREST + (FARTHEST - NEAREST) * (1.0 - position) ** 1.6


def paint_ground(
    canvas: Canvas, surface: np.ndarray, horizon: int, rng: np.random.Generator, stretch: float = 1.0
) -> None:
    """Paint everything below the horizon row.

    Args:
        canvas: What to paint on.
        surface: (S, S, 3) float32 RGB, seen from above.
        horizon: Row of the horizon.
        rng: Source of randomness.
        stretch: How much longer than deep the pattern appears; large for water.
    """
    rows = canvas.height - horizon
    if rows <= 0:
        return
    position = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) / rows
    away = 1.0 / (position + 0.06)
    across = np.arange(canvas.width, dtype=np.float32)[None] - canvas.width / 2.0
    scale = np.float32(rng.uniform(0.5, 1.2))
    source_x = across * away * scale / np.float32(stretch) + SIDE / 2.0
    source_y = np.broadcast_to(rows * away * scale * 0.5, source_x.shape)
    seen = cv2.remap(
        surface, _mirror(source_x), _mirror(source_y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    average = surface.mean(axis=(0, 1))
    # Beyond about one texel per pixel only the average can be seen; anything else would be aliasing.
    sharp = np.clip(1.4 / (away * scale / stretch), 0.0, 1.0)[..., None]
    canvas.colour[horizon:] = average + sharp * (seen - average)
    canvas.depth[horizon:] = ground_depth(position)


def paint_mountains(
    canvas: Canvas, bank: TextureBank, horizon: int, air: np.ndarray, rng: np.random.Generator
) -> None:
    """Paint up to three ranges behind the horizon, paler the farther they are.

    Args:
        canvas: What to paint on.
        bank: Surfaces.
        horizon: Row of the horizon.
        air: (3,) colour of the sky above the horizon.
        rng: Source of randomness.
    """
    for depth in np.linspace(0.98, FARTHEST, int(rng.integers(0, 4))):
        height = canvas.height * rng.uniform(0.04, 0.22)
        ridge = horizon - height * (0.6 + 0.5 * _ridge(canvas.width, rng))
        columns = np.linspace(-2, canvas.width + 2, len(ridge))
        floor = np.array([[canvas.width + 2, horizon + 2.0], [-2, horizon + 2.0]])
        outline = np.concatenate([np.stack([columns, ridge], axis=1), floor])
        box = canvas.bounds(outline)
        if box is not None:
            surface = bank.cut(box[2] - box[0], box[3] - box[1], rng)
            paleness = np.float32((depth - 0.85) * rng.uniform(2.0, 5.0))
            canvas.paint(outline, box, surface + paleness * (air - surface), float(depth))


def water_surface(colours: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Return ripples in two colours, (SIDE, SIDE, 3) float32."""
    base = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
    waves = cv2.GaussianBlur(
        base, (0, 0), sigmaX=float(rng.uniform(3, 8)), sigmaY=float(rng.uniform(0.6, 1.5))
    )
    return tint(waves / waves.std(), colours[0], colours[1], float(rng.uniform(0.4, 1.5)))


def _ridge(width: int, rng: np.random.Generator) -> np.ndarray:
    steps = np.fft.irfft(
        rng.standard_normal(40) * np.exp(2j * np.pi * rng.random(40)) / np.arange(1, 41) ** 1.3,
        n=max(width // 3, 80),
    )
    return steps / max(float(np.abs(steps).max()), 1e-6)


def _mirror(coordinate: np.ndarray) -> np.ndarray:
    """Fold any coordinate into the texture by reflection."""
    folded = np.abs((coordinate % (2 * SIDE - 2)) - (SIDE - 1))
    return np.ascontiguousarray(folded, np.float32)
