"""Rain: layers of motion-blurred streaks at three distances, and a thin veil when it pours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
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
from moei_toolkit.data.weather.signs import rain
from moei_toolkit.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Layer:
    """Streaks at one distance.

    Attributes:
        length: Length relative to the nearest streaks.
        width: Width in pixels of a picture 2160 pixels high.
        cover: Share of the picture its streaks cover at full density.
        strength: Opacity relative to the nearest streaks.
    """

    length: float
    width: float
    cover: float
    strength: float


LAYERS = (
    Layer(length=1.0, width=7.0, cover=0.03, strength=0.75),
    Layer(length=0.5, width=4.0, cover=0.085, strength=0.85),
    Layer(length=0.25, width=2.5, cover=0.14, strength=0.6),
)
THINNEST = 0.9
LIGHTS = ("cover", "add")


class Rain(Degradation):
    """Streaks M over a photograph J, then a veil.

    ``light="cover"``, I = J (1 - a M) + c a M, is the alpha blending of synthetic UHD rain sets.
    ``light="add"``, I = J + c a M, cut at white, is that of Rain100 (Yang et al. 2017): what is bright
    already loses most.

    M is sparse noise blurred along the falling direction (Garg and Nayar 2006 describe the look; the noise
    model follows the usual rendering of benchmark rain). Sizes scale with the height of the picture.

    Args:
        length: Range of the length of near streaks, in pixels of a picture 480 pixels high.
        angle: Mean and standard deviation of the falling direction in degrees; 90 is vertical.
        tilt: Largest distance from the mean direction in degrees.
        opacity: Opacity a at severity 0 and at severity 1.
        density: Share of the full streak cover at severity 0 and at severity 1.
        brightness: Range of the streak colour c.
        veil_beta: Range of the scattering of the veil at severity 1; none below severity 0.5.
        width: Factor on the width of all streaks.
        cover: Factor on the share of the picture that streaks cover.
        light: Whether streaks "cover" what is behind them or "add" to it.

    Raises:
        ConfigError: When an argument is out of range.
    """

    order = 1

    def __init__(
        self,
        *,
        length: Range = (20.0, 60.0),
        angle: Range = (90.0, 12.0),
        tilt: float = 30.0,
        opacity: Range = (0.3, 0.9),
        density: Range = (0.25, 1.0),
        brightness: Range = (0.8, 1.0),
        veil_beta: Range = (0.1, 0.35),
        width: float = 1.0,
        cover: float = 1.0,
        light: str = "cover",
    ) -> None:
        self.length = check_range("length", length, 1.0, 480.0)
        self.angle = (float(angle[0]), check_range("angle spread", (0.0, angle[1]), 0.0, 90.0)[1])
        self.tilt = check_range("tilt", (0.0, tilt), 0.0, 90.0)[1]
        self.opacity = check_range("opacity", opacity, 0.0, 1.0)
        self.density = check_range("density", density, 0.0, 1.0)
        self.brightness = check_range("brightness", brightness, 0.0, 1.0)
        self.veil_beta = check_range("veil_beta", veil_beta, 0.0, 20.0)
        self.width = check_range("width", (0.0, width), 0.0, 10.0)[1]
        self.cover = check_range("cover", (0.0, cover), 0.0, 20.0)[1]
        if light not in LIGHTS:
            raise ConfigError(f"light: unknown {light!r}. {did_you_mean(light, LIGHTS)}")
        self.light = light

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the rainy photograph, (H, W, 3) float32."""
        colour = draw_colour(self.brightness, 0.02, rng)
        airlight = draw_colour((0.65, 0.85), 0.015, rng)
        veil_beta = rng.uniform(*self.veil_beta) * max(0.0, 2.0 * view.severity - 1.0)
        streaks = self.streaks(view, rng)
        streaks *= np.float32(between(self.opacity, view.severity))
        if self.light == "add":
            rained = np.minimum(view.clean + colour * streaks[:, :, None], 1.0)
        else:
            rained = blend(view.clean, colour, streaks)
        return veil(rained, view.depth, veil_beta, airlight)

    def estimate(self, pixels: np.ndarray) -> float:
        """Return how severe the rain in (H, W, 3) pixels is, by thin streaks that agree in direction."""
        return rain.SEVERITY.estimate(pixels)

    def streaks(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the streak map M of all layers, (H, W) float32 in [0, 1]."""
        tilt = np.clip(rng.normal(0.0, self.angle[1]), -self.tilt, self.tilt)
        length = rng.uniform(*self.length) * view.frame / 480.0
        density = between(self.density, view.severity)
        clear = np.ones((view.height, view.width), np.float32)
        for layer in LAYERS:
            wobble = float(np.clip(tilt + rng.normal(0.0, 1.5), -self.tilt, self.tilt))
            drawn = self._draw(layer, self.angle[0] + wobble, length * layer.length, density, view, rng)
            drawn *= np.float32(layer.strength)
            clear *= np.subtract(1.0, drawn, out=drawn)
        return np.subtract(1.0, clear, out=clear)

    def _draw(
        self, layer: Layer, angle: float, length: float, density: float, view: View, rng: np.random.Generator
    ) -> np.ndarray:
        width = max(THINNEST, layer.width * self.width * view.frame / 2160.0)
        turn = np.deg2rad(angle - 90.0)
        cosine, sine = abs(np.cos(turn)), abs(np.sin(turn))
        # Just large enough to cover the picture once turned.
        rows = int((view.height * cosine + view.width * sine + length) / width) + 4
        columns = int((view.width * cosine + view.height * sine) / width) + 4
        upright = _falling_noise(
            (rows, columns), max(2.0, length / width), layer.cover * self.cover * density, rng
        )
        return _turn(upright, angle - 90.0, width, view)


def _falling_noise(
    shape: tuple[int, int], length: float, cover: float, rng: np.random.Generator
) -> np.ndarray:
    """Return upright streaks, (rows, columns) float32 in [0, 1]; one column is one streak wide."""
    chance = rng.random(shape, dtype=np.float32)
    start = np.float32(cover / length)
    # The same draw decides where a drop is and how bright: more density only adds to what is there.
    drops = np.where(
        chance < start, np.float32(1.0) - np.float32(0.6) * chance / max(float(start), 1e-9), 0.0
    )
    short = max(1, round(length / 3))
    smeared = cv2.blur(drops.astype(np.float32), (1, max(1, round(length))), borderType=cv2.BORDER_CONSTANT)
    smeared = cv2.blur(smeared, (1, short), borderType=cv2.BORDER_CONSTANT) * np.float32(round(length))
    return np.minimum(smeared, 1.0)


def _turn(upright: np.ndarray, degrees: float, scale: float, view: View) -> np.ndarray:
    """Return the picture-sized middle of a map, enlarged and turned."""
    x, y = (upright.shape[1] - 1) / 2.0, (upright.shape[0] - 1) / 2.0
    matrix = cv2.getRotationMatrix2D((x, y), degrees, scale)
    matrix[:, 2] += ((view.width - 1) / 2.0 - x, (view.height - 1) / 2.0 - y)
    return cv2.warpAffine(upright, matrix, (view.width, view.height), flags=cv2.INTER_LINEAR)
