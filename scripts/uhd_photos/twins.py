"""Is a photograph there already, perhaps cut to another shape?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from moei_toolkit.errors import ImageError

SAME = 0.9
"""Correlation from which two pictures are one photograph. Among the 69 that the script takes, different ones
reach 0.84 at most, and crops of one to three quarters of its width or height 0.93 at least."""


def find_twin(file: Path, others: Iterable[Path]) -> Path | None:
    """Return the first of other photographs that shows the same as a file, whole or in part."""
    seen = _shrink(file)
    return next((other for other in others if shows_same(seen, _shrink(other))), None)


def _shrink(file: Path) -> np.ndarray:
    """Return a gray picture of about 256 pixels, (H, W) float32.

    Raises:
        ImageError: If it cannot be read.
    """
    try:
        with Image.open(file) as image:
            image.draft("L", (256, 256))
            small = image.convert("L")
            small.thumbnail((256, 256), Image.Resampling.BOX)
            return np.asarray(small, np.float32)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"{file}: cannot be read: {error}; replace or remove it") from error


def shows_same(first: np.ndarray, second: np.ndarray) -> bool:
    """Tell whether two pictures are one photograph, cut to different shapes or not.

    Cut to another shape, a photograph keeps its full height or its full width; then one picture is a part
    of the other once those are equal.
    """
    for axis in (0, 1):
        scaled = [_scale_to(picture, axis, 96) for picture in (first, second)]
        small, large = sorted(scaled, key=lambda picture: picture.shape[1 - axis])
        if 2 * small.shape[1 - axis] < large.shape[1 - axis]:
            continue
        found = cv2.matchTemplate(large, small, cv2.TM_CCOEFF_NORMED)
        if np.nan_to_num(found).max() >= SAME:
            return True
    return False


def _scale_to(picture: np.ndarray, axis: int, side: int) -> np.ndarray:
    """Return a picture scaled so that it has a given side along an axis."""
    factor = side / picture.shape[axis]
    height, width = (max(1, round(length * factor)) for length in picture.shape)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
