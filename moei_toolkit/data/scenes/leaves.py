"""Dead leaves: overlapping things whose sizes follow a power law (Lee, Mumford and Huang 2001)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from moei_toolkit.data.scenes import shapes
from moei_toolkit.data.scenes.canvas import Canvas
from moei_toolkit.data.scenes.texture import TextureBank

SHADOWED = 12.0


@dataclass(frozen=True)
class Light:
    """Where light comes from and how strongly it models things.

    Attributes:
        direction: (2,) unit vector x, y.
        strength: 0 is flat light.
    """

    direction: np.ndarray
    strength: float


def draw_light(rng: np.random.Generator) -> Light:
    """Draw a light."""
    angle = rng.uniform(-np.pi, 0.0)
    return Light(np.array([np.cos(angle), np.sin(angle)]), float(rng.uniform(0.0, 0.7)))


def power_law_sizes(count: int, low: float, high: float, rng: np.random.Generator) -> np.ndarray:
    """Return radii with density ~ r^-3 between two limits, the scale-invariant choice, (count,)."""
    return 1.0 / np.sqrt(rng.uniform(1.0 / high**2, 1.0 / low**2, count))


def scatter(
    canvas: Canvas,
    bank: TextureBank,
    light: Light,
    count: int,
    radius: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Fill the canvas with overlapping things, the first far away, the last near.

    Args:
        canvas: What to paint on.
        bank: Surfaces.
        light: Shading.
        count: Number of things.
        radius: Smallest and largest size in pixels.
        rng: Source of randomness.
    """
    radii = power_law_sizes(count, *radius, rng)
    # Large things tend to lie behind, else they would hide everything.
    order = np.argsort(-radii * rng.lognormal(0.0, 0.8, count))
    depths = np.linspace(0.95, rng.uniform(0.03, 0.4), count)
    for size, depth in zip(radii[order], depths, strict=True):
        centre = rng.uniform((0, 0), (canvas.width, canvas.height))
        outline = shapes.any_shape(rng) * size + centre
        if size > SHADOWED:
            canvas.darken(outline - light.direction * 0.15 * size, 0.4 * light.strength, 0.12 * size)
        place(canvas, bank, light, outline, float(depth), rng)


def place(
    canvas: Canvas,
    bank: TextureBank,
    light: Light,
    outline: np.ndarray,
    depth: float,
    rng: np.random.Generator,
) -> None:
    """Paint one shaded, textured thing at one depth."""
    box = canvas.bounds(outline)
    if box is None:
        return
    surface = bank.cut(box[2] - box[0], box[3] - box[1], rng)
    soft = rng.uniform(0.5, 2.5) if rng.random() < 0.15 else 0.0
    canvas.paint(outline, box, shade(surface, light, rng), depth, soft)


def sprout(
    canvas: Canvas,
    bank: TextureBank,
    light: Light,
    oval: tuple[float, float, float, float],
    depth: float,
    rng: np.random.Generator,
) -> None:
    """Paint foliage: a ragged, holed thing whose outline is as rough as its surface.

    Args:
        canvas: What to paint on.
        bank: Surfaces.
        light: Shading.
        oval: Centre x, y and half axes across, down in pixels.
        depth: Depth of the thing.
        rng: Source of randomness.
    """
    x, y, across, down = oval
    box = canvas.bounds(np.array([[x - across, y - down], [x + across, y + down]]))
    if box is None:
        return
    rows = (np.arange(box[0], box[2], dtype=np.float32)[:, None] - y) / max(down, 1.0)
    columns = (np.arange(box[1], box[3], dtype=np.float32)[None] - x) / max(across, 1.0)
    rough = bank.rough(box[2] - box[0], box[3] - box[1], rng)
    inside = 0.75 - np.hypot(rows, columns) + np.float32(rng.uniform(0.15, 0.4)) * rough
    alpha = np.clip(inside * rng.uniform(4.0, 12.0) + 0.5, 0.0, 1.0)
    surface = bank.foliage(rough, rng) * (1.0 - np.float32(0.35) * rows[..., None])
    canvas.stamp(box, alpha, np.clip(shade(surface, light, rng), 0.0, 1.0), depth)


def shade(surface: np.ndarray, light: Light, rng: np.random.Generator) -> np.ndarray:
    """Return the surface with brightness running along the light, (H, W, 3) float32."""
    height, width = surface.shape[:2]
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.float32(light.direction[1])
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.float32(light.direction[0])
    gain = 1.0 + np.float32(light.strength * rng.uniform(0.3, 1.0) * 0.7) * (rows + columns)
    return surface * gain[..., None]


def lay_background(canvas: Canvas, bank: TextureBank, blur: float, rng: np.random.Generator) -> None:
    """Cover the whole canvas with one surface at the far end, blurred by so many pixels."""
    surface = bank.cut(canvas.height, canvas.width, rng)
    canvas.colour[:] = cv2.GaussianBlur(surface, (0, 0), blur) if blur > 0.3 else surface
    canvas.depth[:] = 0.97
