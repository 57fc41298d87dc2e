"""64 bits of what an image looks like: near copies of a picture differ in few of them."""

from __future__ import annotations

import re

import cv2
import imagehash
import numpy as np
from PIL import Image

from moei_toolkit.errors import DataError

REDUCED_SIDE = 128
"""Sides of the picture that is hashed, four times those that the hash works on; smaller ones stay."""

_TEXT = re.compile(r"[0-9a-f]{16}")


def perceptual_hash(pixels: np.ndarray) -> int:
    """Return the DCT hash of an image: the signs of its 8 x 8 lowest frequencies about their median.

    A copy that was saved again, made smaller, or changed a little in brightness differs in 0 to 4 bits; two
    pictures of different things differ in about 32. The whole picture counts, squeezed into a square.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        64 bits, what ``imagehash.phash`` says of the reduced picture.
    """
    reduced = pixels
    while min(reduced.shape[:2]) >= 4 * REDUCED_SIDE:  # halving is what OpenCV does fastest
        height, width = (side // 2 for side in reduced.shape[:2])
        reduced = _reduce(reduced[: 2 * height, : 2 * width], width, height)
    height, width = (min(side, REDUCED_SIDE) for side in reduced.shape[:2])
    reduced = _reduce(reduced, width, height)
    bits = imagehash.phash(Image.fromarray(reduced)).hash
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _reduce(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    reduced: np.ndarray = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return reduced


def hash_to_text(value: int) -> str:
    """Return a hash as 16 hexadecimal digits, which is how JSON holds it."""
    return f"{value:016x}"


def hash_from_text(text: str) -> int:
    """Return the hash that 16 hexadecimal digits stand for.

    Raises:
        DataError: The text is something else.
    """
    if not _TEXT.fullmatch(text):
        raise DataError(f"expected a perceptual hash of 16 hexadecimal digits, got {text[:80]!r}.")
    return int(text, 16)
