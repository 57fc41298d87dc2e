"""What dust does to light: its colour, what it takes of each channel, and how it scatters and shows."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np

from moei_toolkit.data.weather.base import Range, between

WAVELENGTHS = (610.0, 540.0, 460.0)
"""Nanometres that a camera's red, green and blue stand for."""
GRAIN = 2.5
"""Side of a grain in pixels of a picture 2160 pixels high."""
GRAIN_OPACITY = 0.3


def extinction(exponent: float) -> np.ndarray:
    """Return the extinction of red, green and blue relative to green, (3,) float32.

    The power law of Angstrom (1929): an exponent of 0 is gray, and the larger it is, the sooner blue is gone.
    """
    wavelengths = np.array(WAVELENGTHS)
    return ((wavelengths / wavelengths[1]) ** -exponent).astype(np.float32)


def dust_light(
    hue: Range, saturation: Range, brightness: Range, jitter: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw the light of the dust, (3,) float32 RGB, from pale yellow to deep orange-red.

    Hue and saturation take one course through their ranges, since more dust makes light both redder and more
    saturated; each may leave it a little.

    Args:
        hue: Range in degrees, from the red end to the yellow one.
        saturation: Range in [0, 1].
        brightness: Range of the largest channel.
        jitter: How far each may leave the course, as a share of its range.
        rng: Source of randomness.
    """
    depth, level = rng.random(), rng.uniform(*brightness)
    redder, stronger = np.clip(depth + rng.uniform(-jitter, jitter, size=2), 0.0, 1.0)
    colour = colorsys.hsv_to_rgb(between(hue, 1.0 - redder) / 360.0, between(saturation, stronger), level)
    return np.array(colour, np.float32)


def scatter_forward(scene: np.ndarray, dust: np.ndarray, share: float, sigma: float) -> np.ndarray:
    """Blend a scene with its own blur where dust is thick.

    Args:
        scene: (H, W, 3) float32.
        dust: (H, W) float32, optical depth; the blend is ``share (1 - exp(-dust))``.
        share: What is blurred behind endless dust, in [0, 1].
        sigma: Of the Gaussian, pixels.

    Returns:
        (H, W, 3) float32; the scene itself without anything to blur.
    """
    if share * sigma == 0.0:
        return scene
    weight = np.exp(-dust)
    weight *= np.float32(-share)
    weight += np.float32(share)
    blurred = _blur(scene, sigma)
    blurred -= scene
    blurred *= weight[..., None]
    blurred += scene
    return blurred


def specks(
    image: np.ndarray, colour: np.ndarray, share: float, frame: float, rng: np.random.Generator
) -> np.ndarray:
    """Lay single grains over a picture.

    Args:
        image: (H, W, 3) float32.
        colour: (3,) float32, of a grain in full light.
        share: Share of the picture that grains cover, in [0, 1]; more only adds to what is there.
        frame: Height that grains are measured against, pixels; one smaller than a pixel is as much fainter.
        rng: Source of randomness.

    Returns:
        (H, W, 3) float32.
    """
    side = GRAIN * frame / 2160.0
    height, width = image.shape[:2]
    rows, columns = (int(np.ceil(length / max(1.0, side))) for length in (height, width))
    chance = rng.random((rows, columns), dtype=np.float32)
    opacity = np.maximum(0.0, 1.0 - chance / np.float32(max(share, 1e-9))).astype(np.float32)
    opacity *= np.float32(GRAIN_OPACITY * min(1.0, side) ** 2)
    weight = cv2.resize(opacity, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, 1)
    lifted = colour.astype(np.float32) - image
    lifted *= weight
    lifted += image
    return lifted


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return a Gaussian blur of about sigma; a wide one is made of a smaller picture, which is as smooth."""
    height, width = image.shape[:2]
    factor = max(1, int(sigma / 1.5))
    if factor == 1:
        return cv2.GaussianBlur(image, (0, 0), sigma).reshape(image.shape)
    size = max(1, width // factor), max(1, height // factor)
    small = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / factor)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).reshape(image.shape)
