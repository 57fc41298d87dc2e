"""Photographs beside themselves, shifted by a known fraction of a pixel, and bad weather over them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from moei_toolkit.data.depth import estimate_depth
from moei_toolkit.data.photo_files import read_photo
from moei_toolkit.data.photos import PHOTOS
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.data.weather.snow import Snow

WEATHER = {"haze": Haze(), "rain": Rain(), "snow": Snow()}
_MARGIN = 12


@cache
def photograph(name: str) -> np.ndarray:
    return read_photo(next(photo for photo in PHOTOS if photo.name == name))


def shifted(pixels: np.ndarray, down: int, right: int, reduced: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return two views; the second is shifted by ``down / reduced`` rows and ``right / reduced`` columns.

    Both are made from the pixels of a larger photograph, as a camera would, so nothing is interpolated.
    """
    margin = _MARGIN * reduced
    height, width = ((side - 2 * margin) // reduced for side in pixels.shape[:2])

    def view(top: int, left: int) -> np.ndarray:
        part = pixels[top : top + height * reduced, left : left + width * reduced]
        return np.ascontiguousarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA))

    return view(margin, margin), view(margin - down, margin - right)


def under(weather: str, pixels: np.ndarray, severity: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    clean = pixels.astype(np.float32) / np.float32(255)
    degraded = WEATHER[weather].apply(clean, estimate_depth(clean, rng), severity, rng)
    return (degraded * 255 + 0.5).astype(np.uint8)
