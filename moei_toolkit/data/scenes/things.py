"""Things that stand on the ground: trees, bushes, rocks, houses, poles, grass, flowers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moei_toolkit.data.scenes import shapes
from moei_toolkit.data.scenes.canvas import Canvas
from moei_toolkit.data.scenes.ground import ground_depth
from moei_toolkit.data.scenes.leaves import Light, place, sprout
from moei_toolkit.data.scenes.palette import Palette
from moei_toolkit.data.scenes.texture import TextureBank


@dataclass(frozen=True)
class Setting:
    """Everything a thing needs to be painted.

    Attributes:
        canvas: What to paint on.
        bank: Surfaces.
        palette: Colours.
        light: Shading.
        horizon: Row of the horizon.
    """

    canvas: Canvas
    bank: TextureBank
    palette: Palette
    light: Light
    horizon: int

    def row(self, position: float) -> float:
        """Return the row of a ground position, 0 at the horizon and 1 at the lower border."""
        return self.horizon + position * (self.canvas.height - self.horizon)

    def put(self, outline: np.ndarray, depth: float, rng: np.random.Generator) -> None:
        """Paint one textured thing."""
        place(self.canvas, self.bank, self.light, outline, depth, rng)

    def grow(self, oval: tuple[float, float, float, float], depth: float, rng: np.random.Generator) -> None:
        """Paint one ragged thing inside an oval of centre x, y and half axes across, down."""
        sprout(self.canvas, self.bank, self.light, oval, depth, rng)


Thing = Callable[[Setting, float, float, float, float, np.random.Generator], None]


def bare_tree(
    setting: Setting, x: float, y: float, size: float, depth: float, rng: np.random.Generator
) -> None:
    """Paint trunk and branches."""
    colour = setting.palette.pick(rng) * np.float32(rng.uniform(0.2, 0.6))
    setting.canvas.strokes(shapes.branches(rng, x, y, size), colour, depth)


def leafy_tree(
    setting: Setting, x: float, y: float, size: float, depth: float, rng: np.random.Generator
) -> None:
    """Paint a trunk under a crown of ragged clumps."""
    colour = setting.palette.pick(rng) * np.float32(rng.uniform(0.2, 0.5))
    setting.canvas.strokes(
        [(x, y, x + size * rng.normal(0, 0.03), y - 0.6 * size, size * 0.05)], colour, depth
    )
    wide = rng.uniform(0.15, 0.35) * size
    for _ in range(int(rng.integers(1, 5))):
        middle = (x + rng.normal(0, 0.4) * wide, y - rng.uniform(0.55, 0.9) * size)
        setting.grow((*middle, wide, rng.uniform(0.2, 0.4) * size), depth, rng)


def bush(setting: Setting, x: float, y: float, size: float, depth: float, rng: np.random.Generator) -> None:
    """Paint a ragged heap, sometimes of single leaves."""
    if rng.random() < 0.6:
        setting.grow((x, y - 0.2 * size, size * rng.uniform(0.4, 0.9), 0.4 * size), depth, rng)
        return
    for _ in range(int(rng.integers(10, 24))):
        centre = (x + rng.normal(0, 0.3) * size, y - abs(rng.normal(0, 0.22)) * size)
        setting.put(shapes.leaf(rng) * size * rng.uniform(0.05, 0.18) + centre, depth, rng)


def conifer(
    setting: Setting, x: float, y: float, size: float, depth: float, rng: np.random.Generator
) -> None:
    """Paint a tall, ragged, pointed tree."""
    wide = size * rng.uniform(0.12, 0.25)
    for step in np.linspace(0.1, 0.9, 5):
        half = wide * (1.05 - step)
        setting.grow((x, y - step * size, half, 0.2 * size), depth, rng)


def rock(setting: Setting, x: float, y: float, size: float, depth: float, rng: np.random.Generator) -> None:
    """Paint a blob with a flat foot."""
    outline = shapes.blob(rng) * size * (0.5, 0.35)
    outline[:, 1] = np.minimum(outline[:, 1], 0.12 * size)
    setting.put(outline + np.array([x, y]), depth, rng)


def house(setting: Setting, x: float, y: float, size: float, depth: float, rng: np.random.Generator) -> None:
    """Paint an upright block, sometimes with a roof."""
    half, tall = size * rng.uniform(0.15, 0.5), size * rng.uniform(0.5, 1.3)
    setting.put(
        np.array([[x - half, y], [x + half, y], [x + half, y - tall], [x - half, y - tall]]), depth, rng
    )
    if rng.random() < 0.5:
        peak = y - tall - half * rng.uniform(0.3, 1.0)
        roof = np.array(
            [[x - 1.1 * half, y - tall], [x + 1.1 * half, y - tall], [x + rng.normal(0, 0.2) * half, peak]]
        )
        setting.put(roof, depth, rng)


def pole(setting: Setting, x: float, y: float, size: float, depth: float, rng: np.random.Generator) -> None:
    """Paint a thin upright line, sometimes with a bar."""
    colour = setting.palette.pick(rng)
    segments = [(x, y, x + rng.normal(0, 0.02) * size, y - 1.4 * size, 0.03 * size)]
    if rng.random() < 0.5:
        segments.append((x - 0.3 * size, y - 1.2 * size, x + 0.3 * size, y - 1.2 * size, 0.02 * size))
    setting.canvas.strokes(segments, colour, depth)


def scatter_things(
    setting: Setting, things: tuple[Thing, ...], count: int, size: float, rng: np.random.Generator
) -> None:
    """Stand things on the ground, far ones first, smaller the farther they are.

    Args:
        setting: Where.
        things: Kinds to choose from.
        count: How many.
        size: Height of a thing at the lower border, as a share of the picture height.
        rng: Source of randomness.
    """
    for position in np.sort(rng.beta(1.0, 2.2, count)):
        x = rng.uniform(-0.05, 1.05) * setting.canvas.width
        scale = (0.05 + position) * size * rng.lognormal(0.0, 0.35) * setting.canvas.height
        thing = things[rng.integers(len(things))]
        thing(setting, x, setting.row(position), scale, float(ground_depth(position)), rng)


def blades(setting: Setting, count: int, length: float, lean: float, rng: np.random.Generator) -> None:
    """Paint grass or reeds: thin, nearly parallel, nearly upright strokes.

    Args:
        setting: Where.
        count: How many.
        length: Length of the nearest, as a share of the picture height.
        lean: Common slant, horizontal over vertical.
        rng: Source of randomness.
    """
    for position in np.linspace(0.08, 1.0, 8):
        share = count // 8
        x = rng.uniform(-0.1, 1.1, share) * setting.canvas.width
        y = setting.row(position) + rng.uniform(-0.08, 0.1, share) * setting.canvas.height
        reach = (0.15 + position) * length * setting.canvas.height * rng.uniform(0.4, 1.0, share)
        tip = x + reach * (lean + rng.normal(0, 0.08, share))
        width = np.maximum(
            0.4, rng.uniform(0.2, 1.0, share) * (0.2 + position) * setting.canvas.height / 220.0
        )
        segments = list(zip(x, y, tip, y - reach, width, strict=True))
        for part in range(3):
            shade = setting.palette.pick(rng) * np.float32(rng.uniform(0.5, 1.5))
            setting.canvas.strokes(segments[part::3], np.clip(shade, 0, 1), float(ground_depth(position)))


def flowers(setting: Setting, count: int, rng: np.random.Generator) -> None:
    """Paint small bright dots on the ground."""
    bright = np.clip(setting.palette.colours[-1] * rng.uniform(1.1, 1.6), 0.0, 1.0).astype(np.float32)
    for position in np.linspace(0.1, 1.0, 6):
        share = count // 6
        x = rng.uniform(0, setting.canvas.width, share)
        y = setting.row(position) + rng.uniform(-0.1, 0.1, share) * (setting.canvas.height - setting.horizon)
        width = (0.3 + position) * rng.uniform(0.6, 2.6, share) * setting.canvas.height / 384.0
        segments = list(zip(x, y, x + 0.3, y, width, strict=True))
        setting.canvas.strokes(segments, bright, float(ground_depth(position)))
