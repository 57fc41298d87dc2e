"""Outlines of things: ellipses, blobs, polygons, boxes, leaves, trees."""

from __future__ import annotations

import numpy as np


def ellipse(rng: np.random.Generator, points: int = 28) -> np.ndarray:
    """Return an ellipse in the unit circle, (N, 2) float64 of x and y, y down."""
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    flat = rng.uniform(0.35, 1.0)
    return turn(np.stack([np.cos(angle), flat * np.sin(angle)], axis=1), rng.uniform(0.0, np.pi))


def blob(rng: np.random.Generator, points: int = 40) -> np.ndarray:
    """Return a rounded irregular outline, (N, 2)."""
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    orders = np.arange(2, 8)
    waves = rng.normal(0.0, 0.35, 6) / orders
    radius = 0.8 + (waves * np.cos(orders * angle[:, None] + rng.uniform(0, 2 * np.pi, 6))).sum(axis=1)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def polygon(rng: np.random.Generator) -> np.ndarray:
    """Return a convex-like polygon of 3 to 7 corners, (N, 2)."""
    angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, int(rng.integers(3, 8))))
    radius = rng.uniform(0.6, 1.0, len(angle))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def box(rng: np.random.Generator) -> np.ndarray:
    """Return a rectangle at any angle, most often upright, (4, 2)."""
    flat = rng.uniform(0.15, 1.0)
    corners = np.array([[-1, -flat], [1, -flat], [1, flat], [-1, flat]])
    upright = rng.random() < 0.6
    return turn(corners, rng.choice([0.0, np.pi / 2]) if upright else rng.uniform(0.0, np.pi))


def leaf(rng: np.random.Generator) -> np.ndarray:
    """Return a pointed leaf, (N, 2)."""
    along = np.linspace(-1.0, 1.0, 10)
    half = rng.uniform(0.15, 0.45) * (1.0 - along**2)
    outline = np.concatenate([np.stack([along, half], 1), np.stack([along[::-1], -half[::-1]], 1)])
    return turn(outline, rng.uniform(0.0, 2.0 * np.pi))


def any_shape(rng: np.random.Generator) -> np.ndarray:
    """Return one of the outlines above."""
    makers = (ellipse, blob, polygon, box, leaf)
    return makers[rng.choice(len(makers), p=(0.22, 0.30, 0.18, 0.18, 0.12))](rng)


def turn(outline: np.ndarray, angle: float) -> np.ndarray:
    """Return the outline turned by an angle in radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return outline @ np.array([[cosine, sine], [-sine, cosine]])


def branches(
    rng: np.random.Generator, x: float, y: float, height: float, levels: int = 5
) -> list[tuple[float, float, float, float, float]]:
    """Return a tree as segments (x0, y0, x1, y1, width), growing upward from (x, y)."""
    segments: list[tuple[float, float, float, float, float]] = []
    tips = [(x, y, -np.pi / 2 + rng.normal(0, 0.05), height * 0.38, height * 0.05)]
    for _ in range(levels):
        grown = []
        for x0, y0, angle, length, width in tips:
            x1, y1 = x0 + length * np.cos(angle), y0 + length * np.sin(angle)
            segments.append((x0, y0, x1, y1, width))
            for _ in range(int(rng.integers(2, 4))):
                bend = angle + rng.normal(0.0, 0.55)
                grown.append((x1, y1, bend, length * rng.uniform(0.55, 0.85), width * 0.62))
        tips = grown[:48]
    return segments
