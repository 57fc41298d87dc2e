"""Haze by the scattering model, uniform or in drifting banks."""

from __future__ import annotations

import numpy as np

from moei_toolkit.data.fields import smooth_field
from moei_toolkit.data.weather.base import Degradation, Range, View, between, check_range, draw_colour, veil
from moei_toolkit.data.weather.signs import haze


class Haze(Degradation):
    """I = J t + A (1 - t) with t = exp(-beta d): Koschmieder's law, as in RESIDE (Li et al. 2019).

    Args:
        airlight: Range of the level of A.
        tint: Largest shift of one channel of A.
        beta: Scattering at severity 0 and at severity 1.
        patchiness: Range of the relative strength of the cloud field that varies beta over the picture;
            (0, 0) gives homogeneous haze.
        patchy_share: Share of pictures that are not homogeneous.
        near: Range of the depth that the nearest things have; 0 leaves them clear, as outdoors, and 1 lays
            the same haze over near and far, as smoke in a room does.
    """

    order = 3

    def __init__(
        self,
        *,
        airlight: Range = (0.7, 1.0),
        tint: float = 0.025,
        beta: Range = (0.5, 2.4),
        patchiness: Range = (0.1, 0.35),
        patchy_share: float = 0.4,
        near: Range = (0.0, 0.0),
    ) -> None:
        self.airlight = check_range("airlight", airlight, 0.0, 1.0)
        self.beta = check_range("beta", beta, 0.0, 20.0)
        self.patchiness = check_range("patchiness", patchiness, 0.0, 1.0)
        self.patchy_share = check_range("patchy_share", (0.0, patchy_share), 0.0, 1.0)[1]
        self.near = check_range("near", near, 0.0, 1.0)
        self.tint = check_range("tint", (0.0, tint), 0.0, 1.0)[1]

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the hazy photograph, (H, W, 3) float32."""
        airlight = draw_colour(self.airlight, self.tint, rng)
        density = between(self.beta, view.severity) * self._thickness(view, rng)
        near = np.float32(rng.uniform(*self.near))
        return veil(view.clean, near + (1 - near) * view.depth, density, airlight)

    def estimate(self, pixels: np.ndarray) -> float:
        """Return how severe the haze in (H, W, 3) pixels is, by dark channel, contrast and saturation."""
        return haze.SEVERITY.estimate(pixels)

    def _thickness(self, view: View, rng: np.random.Generator) -> np.ndarray | np.float32:
        strength = rng.uniform(*self.patchiness)
        if rng.random() >= self.patchy_share:
            return np.float32(1.0)
        clouds = smooth_field(view.height, view.width, rng, grid=24)
        return np.clip(1.0 + np.float32(strength) * clouds, 0.2, 2.0)
