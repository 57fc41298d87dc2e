"""Snow: soft flakes of three size classes falling in one direction, and a slight veil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.data.weather.base import (
    Degradation,
    Range,
    View,
    between,
    blend,
    check_range,
    draw_colour,
    veil,
)
from moei_toolkit.data.weather.signs import snow


@dataclass(frozen=True)
class FlakeClass:
    """Flakes at one distance.

    Attributes:
        radius: Range of the radius in pixels of a picture 2160 pixels high.
        cover: Share of the picture the flakes cover at full density, before overlap.
        opacity: Range of the opacity of a flake.
        sharpness: Range of the exponent of the profile exp(-q ** sharpness); 2 is a Gaussian.
        drag: Motion blur relative to the longest.
    """

    radius: Range
    cover: float
    opacity: Range
    sharpness: Range
    drag: float


CLASSES = (
    FlakeClass(radius=(1.0, 3.0), cover=0.02, opacity=(0.5, 1.0), sharpness=(2.0, 2.6), drag=0.15),
    FlakeClass(radius=(4.0, 9.0), cover=0.02, opacity=(0.5, 1.0), sharpness=(2.0, 3.0), drag=0.5),
    FlakeClass(radius=(10.0, 30.0), cover=0.014, opacity=(0.3, 0.8), sharpness=(2.2, 4.0), drag=1.0),
)
SMALLEST = 0.7
REACH = 1.6
Drawn = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Flakes:
    """Flakes as columns of numbers, each (N,): pixels, pixels, pixels, ratio, opacity, exponent."""

    row: np.ndarray
    column: np.ndarray
    radius: np.ndarray
    stretch: np.ndarray
    opacity: np.ndarray
    sharpness: np.ndarray


class Snow(Degradation):
    """K = J (1 - z) + c z over flakes z, then I = K t + A (1 - t): the model of DesnowNet and SRRS.

    (Liu et al. 2018; Chen et al. 2020.) Radii scale with the height of the picture, but never fall below
    0.7 pixels; then there are fewer flakes, so that they cover the same share of the picture.

    Args:
        density: Share of the full flake cover at severity 0 and at severity 1.
        cover: Factor on the cover of every class.
        radius: Factor on the radius of every class.
        drag: Range of the longest motion blur in pixels of a picture 2160 pixels high.
        slant: Standard deviation of the falling direction from vertical in degrees.
        brightness: Range of the flake colour c.
        veil_beta: Range of the scattering of the veil at severity 1.
    """

    order = 2

    def __init__(
        self,
        *,
        density: Range = (0.1, 1.0),
        cover: float = 1.0,
        radius: float = 1.0,
        drag: Range = (0.0, 25.0),
        slant: float = 25.0,
        brightness: Range = (0.88, 1.0),
        veil_beta: Range = (0.05, 0.25),
    ) -> None:
        self.density = check_range("density", density, 0.0, 1.0)
        self.cover = check_range("cover", (0.0, cover), 0.0, 20.0)[1]
        self.radius = check_range("radius", (0.0, radius), 0.0, 20.0)[1]
        self.drag = check_range("drag", drag, 0.0, 500.0)
        self.slant = check_range("slant", (0.0, slant), 0.0, 90.0)[1]
        self.brightness = check_range("brightness", brightness, 0.0, 1.0)
        self.veil_beta = check_range("veil_beta", veil_beta, 0.0, 20.0)

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the snowy photograph, (H, W, 3) float32."""
        colour = draw_colour(self.brightness, 0.015, rng)
        airlight = draw_colour((0.75, 0.95), 0.015, rng)
        veil_beta = rng.uniform(*self.veil_beta) * view.severity
        snowed = blend(view.clean, colour, self.flakes(view, rng))
        return veil(snowed, view.depth, veil_beta, airlight)

    def estimate(self, pixels: np.ndarray) -> float:
        """Return how severe the snow in (H, W, 3) pixels is, by bright blobs of several sizes."""
        return snow.SEVERITY.estimate(pixels)

    def flakes(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the flake mask z of all classes, (H, W) float32 in [0, 1]."""
        slant = np.deg2rad(rng.normal(0.0, self.slant))
        drag = rng.uniform(*self.drag) * view.frame / 2160.0
        density = between(self.density, view.severity)
        drawn = []
        for kind in CLASSES:
            flakes = self._scatter(kind, drag * kind.drag, view, rng)
            drawn.append(_draw(flakes, round(len(flakes.row) * density), slant, view))
        return _compose(drawn, view)

    def _scatter(self, kind: FlakeClass, drag: float, view: View, rng: np.random.Generator) -> Flakes:
        """Draw the flakes of one class at full density; the first ones are shown first."""
        low, high = (max(SMALLEST, r * self.radius * view.frame / 2160.0) for r in kind.radius)
        margin = REACH * (high + drag)
        area = (view.height + 2.0 * margin) * (view.width + 2.0 * margin)
        count = rng.poisson(self.cover * kind.cover * area / (np.pi * (low + high) ** 2 / 4.0))
        radius = low + (high - low) * rng.random(count) ** 2
        return Flakes(
            row=rng.uniform(-margin, view.height + margin, count),
            column=rng.uniform(-margin, view.width + margin, count),
            radius=radius,
            stretch=1.0 + drag * rng.uniform(0.5, 1.0, count) / (2.0 * radius),
            opacity=rng.uniform(*kind.opacity, count),
            sharpness=rng.uniform(*kind.sharpness, count),
        )


def _draw(flakes: Flakes, shown: int, slant: float, view: View) -> Drawn:
    """Return the pixels that the first flakes touch, some of them often, and log(1 - opacity) at each."""
    if shown == 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    reach = int(np.ceil(REACH * np.max(flakes.radius[:shown] * flakes.stretch[:shown])))
    offsets = np.arange(-reach, reach + 1, dtype=np.float32)
    top, left = np.floor(flakes.row[:shown]), np.floor(flakes.column[:shown])
    rows = (top[:, None] + offsets).astype(np.int64)
    columns = (left[:, None] + offsets).astype(np.int64)
    opacity = _profiles(flakes, shown, offsets, slant)
    inside = ((rows >= 0) & (rows < view.height))[:, :, None] & ((columns >= 0) & (columns < view.width))[
        :, None
    ]
    inside &= opacity > 0.004
    index = (rows * view.width)[:, :, None] + columns[:, None]
    return index[inside], np.log1p(-opacity[inside])


def _compose(drawn: Sequence[Drawn], view: View) -> np.ndarray:
    """Return the opacity of all flakes together, (H, W) float32.

    Summing logarithms composes overlapping flakes exactly and in any order, so one weighted count over all
    pixels of all flakes does it.
    """
    index, log_clear = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    total = np.bincount(index, weights=log_clear, minlength=view.height * view.width)
    opacity = total.astype(np.float64, copy=False)  # without any flake it counts in integers
    np.exp(opacity, out=opacity)
    np.subtract(1.0, opacity, out=opacity)
    return opacity.astype(np.float32).reshape(view.height, view.width)


def _profiles(flakes: Flakes, shown: int, offsets: np.ndarray, slant: float) -> np.ndarray:
    """Return the opacity of each flake on its own patch, (N, S, S) float32."""
    down = offsets - (flakes.row[:shown] % 1.0)[:, None].astype(np.float32)
    across = offsets - (flakes.column[:shown] % 1.0)[:, None].astype(np.float32)
    cosine, sine = np.float32(np.cos(slant)), np.float32(np.sin(slant))
    along = cosine * down[:, :, None] + sine * across[:, None]
    beside = cosine * across[:, None] - sine * down[:, :, None]
    radius = flakes.radius[:shown].astype(np.float32)[:, None, None]
    stretch = flakes.stretch[:shown].astype(np.float32)[:, None, None]
    distance = (along / (radius * stretch)) ** 2 + (beside / radius) ** 2
    power = flakes.sharpness[:shown].astype(np.float32)[:, None, None] / 2.0
    opacity = flakes.opacity[:shown].astype(np.float32)[:, None, None]
    return np.minimum(opacity * np.exp(-(distance**power)), np.float32(0.999))
