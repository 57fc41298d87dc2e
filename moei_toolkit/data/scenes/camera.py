"""What a camera makes of a painted scene: focus, contrast, colour, tone and grain.

The ranges are wide on purpose. Photographs are smoother than painted scenes, where lenses blur what is out
of focus, and more colourful; both are what haze is told from.
"""

from __future__ import annotations

import cv2
import numpy as np


def photograph(colour: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the picture a camera would deliver.

    Args:
        colour: (H, W, 3) float32 RGB, the light of the scene; may exceed 1.
        depth: (H, W) float32 in [0, 1].
        rng: Source of randomness.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    image = _contrast(colour, rng)
    image = _lens(image, depth, rng)
    image = _saturation(image, rng)
    gamma = float(np.clip(rng.lognormal(0.0, 0.22), 0.6, 1.7))
    image = np.power(np.clip(image, 0.0, 1.0), np.float32(gamma))
    image = _fade(image, rng)
    grain = rng.normal(0.0, rng.uniform(0.0, 0.008), image.shape[:2]).astype(np.float32)
    return np.clip((image + grain[..., None]) * 255.0 + 0.5, 0, 255).astype(np.uint8)


def _contrast(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    gray = colour.mean(axis=2, keepdims=True)
    # Contrast is of light, not of colour, which would turn gaudy.
    gain = np.float32(rng.uniform(0.0, 0.75)) * (gray - gray.mean())
    return np.clip(colour + gain, 0.0, 1.0)


def _lens(image: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur the whole a little, and what is out of focus a lot."""
    kind = rng.random()
    softness, defocus = rng.uniform(0.35, 1.6), image.shape[0] * rng.uniform(0.006, 0.03)
    focus, falloff = rng.uniform(0.0, 0.9), rng.uniform(0.1, 0.5)
    if kind < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), softness)
    if kind < 0.35:
        blurred = cv2.GaussianBlur(image, (0, 0), defocus)
        away = np.clip((np.abs(depth - focus) - 0.05) / falloff, 0.0, 1.0).astype(np.float32)
        image = image + away[..., None] * (blurred - image)
    return image


def _saturation(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    gray = image.mean(axis=2, keepdims=True)
    factor = float(np.clip(rng.lognormal(0.35, 0.4), 0.4, 3.0))
    return np.clip(gray + np.float32(factor) * (image - gray), 0.0, 1.0)


def _fade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lift the blacks of some pictures: prints, mist and soft light look so without any haze."""
    kind, black, white = rng.random(), rng.uniform(0.05, 0.45), rng.uniform(0.75, 1.0)
    return np.float32(black) + np.float32(white - black) * image if kind < 0.15 else image
