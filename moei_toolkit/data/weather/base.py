"""The contract every kind of synthetic weather keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from moei_toolkit.errors import ConfigError, DataError

Range = tuple[float, float]
SMALLEST_FRAME = 64
STRIP = 1 << 16
"""Pixels that are blended at a time: few enough to stay in the cache of a processor."""


@dataclass(frozen=True)
class View:
    """What a degradation sees of one photograph.

    Attributes:
        clean: (H, W, 3) float32 RGB in [0, 1].
        depth: (H, W) float32 in [0, 1], 0 is near and 1 is far.
        severity: Strength in [0, 1].
    """

    clean: np.ndarray
    depth: np.ndarray
    severity: float

    @property
    def height(self) -> int:
        """Rows of the photograph."""
        return int(self.clean.shape[0])

    @property
    def width(self) -> int:
        """Columns of the photograph."""
        return int(self.clean.shape[1])

    @property
    def frame(self) -> float:
        """The height that sizes of streaks and flakes are measured against, in pixels."""
        return float(max(self.height, SMALLEST_FRAME))


class Degradation(ABC):
    """Synthetic weather: turns a clean photograph into a degraded one.

    A subclass implements :meth:`render`. It draws the same random numbers whatever the severity, so that
    the error grows with severity for a given state of the generator.

    Attributes:
        order: When it is applied in mixed weather, smaller first: rain 1, snow 2, haze 3, all else before.
    """

    order: ClassVar[int] = 0

    def apply(
        self, clean: np.ndarray, depth: np.ndarray, severity: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Degrade one photograph.

        Args:
            clean: (H, W, 3) float32 RGB in [0, 1].
            depth: (H, W) float32 in [0, 1], 0 is near and 1 is far.
            severity: Strength in [0, 1].
            rng: Source of randomness; the same state gives the same bytes.

        Returns:
            (H, W, 3) float32 RGB in [0, 1].

        Raises:
            DataError: When an input has the wrong type, shape or range, or is not finite.
        """
        check_image(clean)
        check_depth(depth, clean.shape[:2])
        if not 0.0 <= severity <= 1.0:
            raise DataError(f"severity: expected a number in [0, 1], got {severity}. Scale it first.")
        return np.clip(self.render(View(clean, depth, float(severity)), rng), 0.0, 1.0, dtype=np.float32)

    @abstractmethod
    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the degraded photograph, (H, W, 3) float32; values outside [0, 1] are clipped later."""

    def estimate(self, pixels: np.ndarray) -> float | None:
        """Return how severe this weather is in a picture that shows it, told from its pixels alone.

        It stands beside the severity that weather was drawn with, and for that of images that were published
        without any.

        Args:
            pixels: (H, W, 3) RGB: uint8, uint16, or float32 in [0, 1].

        Returns:
            A severity in [0, 1]; None, as here, where nobody knows how to tell.
        """
        return None


def check_image(clean: np.ndarray) -> None:
    """Raise DataError unless the array is a finite (H, W, 3) float32 picture in [0, 1]."""
    if clean.ndim != 3 or clean.shape[2] != 3 or clean.size == 0:
        raise DataError(f"clean image: expected shape (H, W, 3), got {clean.shape}. Convert it to RGB first.")
    _check_unit_range("clean image", clean)


def check_depth(depth: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise DataError unless the depth is a finite float32 map in [0, 1] of the given (H, W)."""
    if depth.shape != tuple(shape):
        raise DataError(f"depth: expected shape {tuple(shape)} like the image, got {depth.shape}. Resize it.")
    _check_unit_range("depth", depth)


def _check_unit_range(what: str, values: np.ndarray) -> None:
    if values.dtype != np.float32:
        raise DataError(f"{what}: expected float32, got {values.dtype}. Convert it (uint8 / 255).")
    low, high = float(values.min()), float(values.max())
    if not (low >= 0.0 and high <= 1.0):
        raise DataError(f"{what}: expected finite values in [0, 1], got {low} to {high}. Scale or repair it.")


def check_range(name: str, limits: Range, lowest: float, highest: float) -> Range:
    """Return the range (low, high) of a parameter after checking it.

    Raises:
        ConfigError: When it is not an increasing pair of numbers inside [lowest, highest].
    """
    is_pair = isinstance(limits, tuple | list) and len(limits) == 2
    is_pair = is_pair and all(isinstance(limit, int | float) for limit in limits)
    if not (is_pair and lowest <= limits[0] <= limits[1] <= highest):
        raise ConfigError(
            f"{name}: expected (low, high) with {lowest} <= low <= high <= {highest}, got {limits}. "
            "Correct the parameter of this degradation."
        )
    return float(limits[0]), float(limits[1])


def between(limits: Range, position: float) -> float:
    """Return the value at a position in [0, 1] of a range."""
    return limits[0] + (limits[1] - limits[0]) * position


def draw_colour(limits: Range, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Return an almost gray RGB light, (3,) float32: one level, each channel shifted by up to ``spread``."""
    colour = rng.uniform(*limits) + rng.uniform(-spread, spread, size=3)
    return np.clip(colour, 0.0, 1.0).astype(np.float32)


def blend(image: np.ndarray, colour: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """Return image (1 - opacity) + colour opacity.

    Args:
        image: (H, W, 3) float32.
        colour: (3,) float32.
        opacity: (H, W) float32 in [0, 1].

    Returns:
        (H, W, 3) float32.
    """
    blended = np.empty_like(image)
    for strip in _strips(image):
        blended[strip] = _blend_strip(image[strip], colour, opacity[strip])
    return blended


def veil(
    image: np.ndarray, depth: np.ndarray, beta: float | np.float32 | np.ndarray, airlight: np.ndarray
) -> np.ndarray:
    """Return the scattering model I = J t + A (1 - t), t = exp(-beta d) (Koschmieder 1924).

    Args:
        image: (H, W, 3) float32, the scene J.
        depth: (H, W) float32 in [0, 1], d.
        beta: Scattering per unit of depth, the same everywhere or (H, W) float32.
        airlight: (3,) float32, A.

    Returns:
        (H, W, 3) float32.
    """
    veiled = np.empty_like(image)
    for strip in _strips(image):
        scattering = beta[strip] if isinstance(beta, np.ndarray) else beta
        opacity = 1.0 - np.exp(-scattering * depth[strip])
        veiled[strip] = _blend_strip(image[strip], airlight, opacity)
    return veiled


def _strips(image: np.ndarray) -> Iterator[slice]:
    """Yield the rows of a picture, a few at a time."""
    height, width = image.shape[:2]
    rows = max(1, STRIP // width)
    yield from (slice(top, top + rows) for top in range(0, height, rows))


def _blend_strip(image: np.ndarray, colour: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    planes = [
        plane + opacity * (level - plane)
        for plane, level in zip(cv2.split(image), colour.tolist(), strict=True)
    ]
    return cv2.merge(planes).reshape(image.shape)
