"""Sandstorm: dust veils what is far, swallows blue before red, and turns the light yellow to orange-red."""

from __future__ import annotations

import cv2
import numpy as np

from moei_sandstorm.dust import dust_light, extinction, scatter_forward, specks
from moei_sandstorm.signs import SEVERITY
from moei_toolkit.data.fields import smooth_field
from moei_toolkit.data.weather.base import Degradation, Range, View, between, check_range

GRID = 24
"""Side of the grid that swells of dust are drawn on: their finest details are a 24th of a picture."""


class Sandstorm(Degradation):
    """I_c = L_c J_c t_c + A_c (1 - t_c) with t_c = exp(-beta k_c s), for each colour channel c.

    Koschmieder's law (1924) with an extinction k_c of its own for every channel and a coloured light A, as
    images of sand and dust are usually modelled (Peng, Cao and Cosman, IEEE TIP 2018; Gao et al., IEEE
    Photonics Journal 2020; Si et al., JVCIR 2022). Blue goes first, because iron oxides in the dust absorb
    it: k_c = (wavelength_c / green) ** -exponent. The path s grows with depth, begins with the dust before
    the nearest thing, and swells and thins over the picture.

    What is seen through dust is scattered forward on its way, which blurs it the more the farther it is: J
    becomes J + f (1 - t) (G * J - J). Daylight has come through the dust overhead, and is the poorer in green
    and blue: L_c = exp(-beta o (k_c - k_red)). In some pictures single grains are seen as well.

    Sizes are measured against the height of the picture.

    Args:
        beta: Extinction of green at severity 0 and at severity 1.
        exponent: Range of the exponent: the Angstrom exponent of scattering, which is near 0 for coarse dust,
            and of absorption, 2 and more for Saharan dust (Russell et al., ACP 2010), in one number.
        hue: Range of the hue of the light in degrees: 12 is a deep orange-red, 42 a sandy yellow.
        saturation: Range of its saturation; the redder, the more saturated.
        brightness: Range of its largest channel.
        jitter: Largest shift of hue and saturation from their common course, as a share of their ranges.
        nearest: Path to the nearest thing, as a share of that to the farthest.
        overhead: Path o of daylight down to the scene, as a share of that to the farthest thing.
        swell: Range of the relative strength of the field that varies the dust over the picture.
        scatter: Share f of the light that is scattered forward, where nothing else arrives.
        blur: Standard deviation of that blur as a share of the height.
        grains: Range of the share of the picture that single grains cover at severity 1.
        grainy_share: Share of pictures with such grains.
    """

    order = 3

    def __init__(
        self,
        *,
        beta: Range = (0.08, 2.6),
        exponent: Range = (0.8, 2.4),
        hue: Range = (12.0, 42.0),
        saturation: Range = (0.34, 0.82),
        brightness: Range = (0.7, 0.95),
        jitter: float = 0.15,
        nearest: float = 0.18,
        overhead: float = 0.3,
        swell: Range = (0.08, 0.25),
        scatter: float = 0.7,
        blur: float = 0.0022,
        grains: Range = (0.02, 0.08),
        grainy_share: float = 0.5,
    ) -> None:
        self.beta = check_range("beta", beta, 0.0, 20.0)
        self.exponent = check_range("exponent", exponent, 0.0, 10.0)
        self.hue = check_range("hue", hue, 0.0, 60.0)
        self.saturation = check_range("saturation", saturation, 0.0, 1.0)
        self.brightness = check_range("brightness", brightness, 0.0, 1.0)
        self.jitter = check_range("jitter", (0.0, jitter), 0.0, 1.0)[1]
        self.nearest = check_range("nearest", (0.0, nearest), 0.0, 1.0)[1]
        self.overhead = check_range("overhead", (0.0, overhead), 0.0, 10.0)[1]
        self.swell = check_range("swell", swell, 0.0, 1.0)
        self.scatter = check_range("scatter", (0.0, scatter), 0.0, 1.0)[1]
        self.blur = check_range("blur", (0.0, blur), 0.0, 0.1)[1]
        self.grains = check_range("grains", grains, 0.0, 1.0)
        self.grainy_share = check_range("grainy_share", (0.0, grainy_share), 0.0, 1.0)[1]

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the photograph in a sandstorm, (H, W, 3) float32."""
        light = dust_light(self.hue, self.saturation, self.brightness, self.jitter, rng)
        channels = extinction(rng.uniform(*self.exponent))
        beta = between(self.beta, view.severity)
        daylight = np.exp(-beta * self.overhead * (channels - channels[0]))
        dust = self.path(view, rng)
        dust *= np.float32(beta)
        scene = scatter_forward(view.clean, dust, self.scatter, self.blur * view.frame)
        planes, transmission = cv2.split(scene), np.empty_like(dust)
        for plane, day, level, share in zip(planes, daylight, light, channels, strict=True):
            np.exp(np.multiply(dust, -share, out=transmission), out=transmission)
            plane *= day
            plane -= level
            plane *= transmission
            plane += level
        dusty = cv2.merge(planes).reshape(scene.shape)
        return self._strew(dusty, light, view, rng)

    def estimate(self, pixels: np.ndarray) -> float:
        """Return how severe the storm in (H, W, 3) pixels is, by its coldest and darkest parts."""
        return SEVERITY.estimate(pixels)

    def path(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return how much dust light meets on its way from every pixel, (H, W) float32, around the depth."""
        swell = smooth_field(view.height, view.width, rng, grid=GRID)
        swell *= np.float32(rng.uniform(*self.swell))
        swell += np.float32(1.0)
        np.clip(swell, 0.4, 2.0, out=swell)
        swell *= np.float32(self.nearest) + np.float32(1.0 - self.nearest) * view.depth
        return swell

    def _strew(
        self, dusty: np.ndarray, light: np.ndarray, view: View, rng: np.random.Generator
    ) -> np.ndarray:
        share = rng.uniform(*self.grains) * view.severity
        if rng.random() >= self.grainy_share:
            return dusty
        return specks(dusty, light / light.max(), share, view.frame, rng)
