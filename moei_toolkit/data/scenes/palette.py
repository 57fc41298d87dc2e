"""Colours that occur together: taken from photographs, or made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

NATURAL_HUES = (15.0, 25.0, 32.0, 40.0, 55.0, 75.0, 95.0, 120.0, 200.0, 215.0)


@dataclass(frozen=True)
class Palette:
    """Colours of one scene.

    Attributes:
        colours: (N, 3) float32 RGB in [0, 1], from dark to bright.
    """

    colours: np.ndarray

    def pick(self, rng: np.random.Generator) -> np.ndarray:
        """Return one colour, (3,) float32, slightly varied."""
        colour = self.colours[rng.integers(len(self.colours))]
        return np.clip(colour * rng.uniform(0.8, 1.2) + rng.normal(0.0, 0.025, 3), 0.01, 0.99).astype(
            np.float32
        )

    def pair(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return a darker and a brighter shade that belong to one material, each (3,) float32."""
        base = self.pick(rng)
        other = self.pick(rng)
        mixed = base + rng.uniform(0.1, 0.6) * (other - base)
        spread = rng.uniform(0.25, 0.9)
        dark = np.clip(base * (1.0 - 0.7 * spread), 0.0, 1.0)
        bright = np.clip(mixed + spread * 0.45 * (1.0 - mixed), 0.0, 1.0)
        return dark.astype(np.float32), bright.astype(np.float32)


def draw_palette(photos: Sequence[np.ndarray], rng: np.random.Generator, size: int = 12) -> Palette:
    """Draw the colours of one scene.

    Args:
        photos: Colour photographs, (H, W, 3) uint8 RGB; may be empty.
        rng: Source of randomness.
        size: Number of colours.

    Returns:
        A palette; about a third take their colours from a photograph.
    """
    if photos and rng.random() < 0.35:
        colours = _from_photo(photos[int(rng.integers(len(photos)))], rng, size)
    else:
        colours = _made_up(rng, size)
    return Palette(colours[np.argsort(colours.mean(axis=1))])


def _from_photo(photo: np.ndarray, rng: np.random.Generator, size: int) -> np.ndarray:
    flat = photo.reshape(-1, 3)
    sampled = flat[rng.integers(len(flat), size=size)].astype(np.float32) / 255.0
    # Photographs of the sky or the eye are mostly dark: lift some of their colours.
    lifted = sampled * rng.uniform(0.8, 2.2, (size, 1))
    muted = lifted.mean(axis=1, keepdims=True) + rng.uniform(0.3, 1.0) * (
        lifted - lifted.mean(axis=1, keepdims=True)
    )
    return np.clip(muted, 0.02, 0.98).astype(np.float32)


def _made_up(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return colours around a few hues; most hues are those of skin, wood, soil, leaves, water and sky."""
    common = rng.choice(NATURAL_HUES, 3) if rng.random() < 0.7 else rng.uniform(0.0, 360.0, 3)
    hue = (rng.choice(common, size) + rng.normal(0.0, 10.0, size)) % 360.0
    saturation = np.clip(rng.beta(1.6, 2.4, size) * rng.uniform(0.25, 1.35), 0.0, 0.95)
    value = rng.beta(1.5, 1.8, size)
    hsv = np.stack([hue, saturation, np.clip(value, 0.03, 0.97)], axis=1).astype(np.float32)
    return cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0]
