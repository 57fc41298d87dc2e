"""Pictures and records of prepared sets, as small as they may be."""

from __future__ import annotations

import hashlib

import numpy as np

from moei_toolkit.data.records import Record


def picture(seed: int = 0, height: int = 33, width: int = 47) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def record(name: str, pixels: np.ndarray, raw: str, clean: str, degradation: str = "haze") -> Record:
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Record(
        name, "toy", "s", "train", raw, clean, width, height, degradation, 0.5, "s", digest, "photograph"
    )
