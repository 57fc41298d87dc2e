"""What stands for a photograph where none is at hand."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.bench.against.benchmark import Scale


def make_photograph(scale: Scale, seed: int) -> np.ndarray:
    """Return (H, W, 3) uint8 pixels, smooth with some noise, which pack and decode as photographs do."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (max(scale.height // 60, 2), max(scale.width // 60, 2), 3)).astype(
        np.float32
    )
    smooth: np.ndarray = cv2.resize(coarse, (scale.width, scale.height), interpolation=cv2.INTER_CUBIC)
    noisy = smooth + rng.normal(0, 2, smooth.shape).astype(np.float32)
    pixels = np.clip(noisy, 0, 255)
    return pixels.astype(np.uint8)
