"""The air of a day without weather: distance fades towards the sky on pictures that nobody calls hazy."""

from __future__ import annotations

import numpy as np

THICKEST = 0.6
"""Largest scattering; beyond the thinnest haze, as where weather begins is a matter of taste."""


def fade_distance(colour: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blend a scene into its own sky by Koschmieder's law, I = J t + A (1 - t) with t = exp(-beta d).

    Without it, a network learns that any veil over the distance is haze to be removed.

    Args:
        colour: (H, W, 3) float32 RGB.
        depth: (H, W) float32 in [0, 1], 1 in the sky.
        rng: Source of randomness.

    Returns:
        (H, W, 3) float32 RGB.
    """
    beta, pale = rng.uniform(0.0, THICKEST), rng.uniform(0.5, 0.95)
    sky = depth >= 1.0
    air = colour[sky].mean(0) if sky.any() else np.full(3, pale, np.float32)
    return air + np.exp(np.float32(-beta) * depth)[..., None] * (colour - air)
