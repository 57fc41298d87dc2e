"""Weather by the generators of albumentations: a second distribution, to test on and never to train on.

It has nothing in common with the other weather of this package, so it shows what a model loses when data
shift. The generators also darken a photograph (RandomRain), blur it (RandomFog) and turn its hues
(RandomSnow), which is most of the harm they do; and they draw flakes of one pixel, whatever the size. So each
paints a small black picture here, and how bright that becomes is how much of the photograph is covered.
"""

from __future__ import annotations

import os
from typing import Any

import cv2
import numpy as np

from moei_toolkit.data.weather.base import Degradation, View, between, blend
from moei_toolkit.data.weather.signs import haze, rain, snow

WHITE = np.ones(3, np.float32)
RAIN_TYPES = ("drizzle", "default", "heavy")  # "torrential" covers half of a picture
ROWS, STREAK_ROWS = 270, 1080
"""Most rows of a black picture: as few as look right, for each particle of fog costs a copy of it."""


class LibraryRain(Degradation):
    """The streaks of albumentations' RandomRain, more and more opaque with severity.

    For tests of shift, never for training.
    """

    order = 1

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the rainy photograph, (H, W, 3) float32."""
        rows = min(view.height, STREAK_ROWS)
        streaks = _paint(
            view,
            rng,
            rows,
            "RandomRain",
            rain_type=RAIN_TYPES[min(int(view.severity * len(RAIN_TYPES)), len(RAIN_TYPES) - 1)],
            drop_length=(rows - 1) // 8,  # of a drop as long as the picture is high none finds a place
            drop_width=1,
            drop_color=(255, 255, 255),
            blur_value=3,
            brightness_coefficient=1.0,
        )
        # The blur leaves a third of the brightness of a drop.
        opacity = np.minimum(streaks * np.float32(between((0.7, 1.8), view.severity)), 1.0)
        return blend(view.clean, WHITE, opacity)

    def estimate(self, pixels: np.ndarray) -> float:
        """Return how severe the rain in (H, W, 3) pixels is, judged as this package's own rain."""
        return rain.SEVERITY.estimate(pixels)


class LibrarySnow(Degradation):
    """The texture and the sparkles of albumentations' RandomSnow, more and more opaque with severity.

    For tests of shift, never for training.
    """

    order = 2

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the snowy photograph, (H, W, 3) float32."""
        point = between((0.1, 0.6), view.severity)
        rows = min(view.height, ROWS)
        snow = _paint(view, rng, rows, "RandomSnow", method="texture", snow_point_range=(point, point))
        return blend(view.clean, WHITE, snow * np.float32(between((0.4, 1.0), view.severity)))

    def estimate(self, pixels: np.ndarray) -> float:
        """Return how severe the snow in (H, W, 3) pixels is, judged as this package's own snow."""
        return snow.SEVERITY.estimate(pixels)


class LibraryFog(Degradation):
    """The particles of albumentations' RandomFog, more and more opaque with severity; depth plays no part.

    For tests of shift, never for training.
    """

    order = 3

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the foggy photograph, (H, W, 3) float32."""
        alpha = between((0.08, 0.5), view.severity)
        rows = min(view.height, ROWS)
        fog = _paint(view, rng, rows, "RandomFog", fog_coef_range=(0.5, 0.8), alpha_coef=alpha)
        return blend(view.clean, WHITE, fog)

    def estimate(self, pixels: np.ndarray) -> float:
        """Return how severe the fog in (H, W, 3) pixels is, judged as this package's own haze."""
        return haze.SEVERITY.estimate(pixels)


def _paint(view: View, rng: np.random.Generator, rows: int, generator: str, **options: Any) -> np.ndarray:
    """Return how bright a black picture becomes, enlarged to the photograph: (H, W) float32 in [0, 1]."""
    # The library asks a server for its newest version at import unless told not to.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    import albumentations

    transform = getattr(albumentations, generator)(**options, p=1.0)
    transform.set_random_seed(int(rng.integers(2**32)))
    black = np.zeros((rows, max(1, round(view.width * rows / view.height)), 3), np.uint8)
    painted = transform(image=black)["image"].max(axis=2).astype(np.float32) / np.float32(255.0)
    return cv2.resize(painted, (view.width, view.height), interpolation=cv2.INTER_LINEAR)
