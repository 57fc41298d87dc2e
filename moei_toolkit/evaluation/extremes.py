"""Which images show best what a method can do and where it fails."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from moei_toolkit.errors import DataError

EXTREMES = ("best", "median", "worst")
"""What the images are called, in the order to show them."""


@dataclass(frozen=True)
class Extremes:
    """Three images of one weather; with fewer than three images, some are the same.

    Attributes:
        best: Id of the image with the largest gain.
        median: Id of the one in the middle, the smaller of two.
        worst: Id of the one with the smallest gain.
    """

    best: str
    median: str
    worst: str

    def named(self) -> dict[str, str]:
        """Return id -> what it is, each image once: best and worst before median."""
        names: dict[str, str] = {}
        for name, image in (("best", self.best), ("worst", self.worst), ("median", self.median)):
            names.setdefault(image, name)
        return names


def pick_extremes(gains: Iterable[tuple[str, str, float]]) -> dict[str, Extremes]:
    """Pick the best, the median and the worst image of every weather.

    The gain to give is that of MoE-I over dense: it is what choosing an expert brings, so that wrong choices
    end up at the bottom. The gain over the input mostly says how much there was to remove.

    Args:
        gains: Id, weather and gain (dB of PSNR) of each image; of equal gains, the id decides.

    Returns:
        Weather -> its images, in the order in which weathers first come.

    Raises:
        DataError: If an id comes twice, or a gain is not finite.
    """
    by_weather: dict[str, list[tuple[float, str]]] = {}
    seen: set[str] = set()
    for image, weather, gain in gains:
        if image in seen:
            raise DataError(f"expected every image once, got {image!r} again")
        if not math.isfinite(gain):
            raise DataError(f"image {image!r}: expected a finite gain, got {gain}")
        seen.add(image)
        by_weather.setdefault(weather, []).append((gain, image))
    return {weather: _pick(sorted(ranked)) for weather, ranked in by_weather.items()}


def _pick(ranked: list[tuple[float, str]]) -> Extremes:
    return Extremes(best=ranked[-1][1], median=ranked[(len(ranked) - 1) // 2][1], worst=ranked[0][1])
