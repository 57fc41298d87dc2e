"""Near copies of a picture have near hashes, and other pictures have not."""

from __future__ import annotations

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image
from skimage import data

from moei_toolkit.data.preparation.checking.perceptual_hash import (
    hash_from_text,
    hash_to_text,
    perceptual_hash,
)
from moei_toolkit.errors import DataError

PHOTOS = {name: getattr(data, name)() for name in ("astronaut", "chelsea", "coffee", "rocket")}


def differing(one: np.ndarray, other: np.ndarray) -> int:
    return (perceptual_hash(one) ^ perceptual_hash(other)).bit_count()


def enlarged(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, (1501, 1207), interpolation=cv2.INTER_CUBIC)


def test_a_small_picture_has_the_hash_of_the_library():
    pixels = np.random.default_rng(0).integers(0, 256, (100, 120, 3), dtype=np.uint8)
    assert hash_to_text(perceptual_hash(pixels)) == str(imagehash.phash(Image.fromarray(pixels)))


@pytest.mark.parametrize("name", PHOTOS)
def test_a_large_picture_has_the_hash_of_the_library_up_to_rounding(name):
    pixels = enlarged(PHOTOS[name])
    whole = int(str(imagehash.phash(Image.fromarray(pixels))), 16)
    assert (perceptual_hash(pixels) ^ whole).bit_count() <= 1


@pytest.mark.parametrize("name", PHOTOS)
def test_copies_are_near(name):
    pixels = enlarged(PHOTOS[name])
    saved = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_COLOR)
    brighter = np.clip(pixels * 1.1 + 5, 0, 255).astype(np.uint8)
    moved = pixels[4:, 4:]
    copies = (saved, brighter, moved, PHOTOS[name], np.asfortranarray(pixels))
    assert max(differing(pixels, copy) for copy in copies) <= 4


def test_different_pictures_are_far():
    photos = [*PHOTOS.values(), *(pixels[:, ::-1] for pixels in PHOTOS.values())]
    distances = [differing(one, other) for i, one in enumerate(photos) for other in photos[:i]]
    assert min(distances) > 16


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 2000, 3), (2000, 5, 3), (600, 601, 3)])
def test_any_size_has_a_hash_and_black_is_0(shape):
    assert perceptual_hash(np.zeros(shape, np.uint8)) == 0


@pytest.mark.parametrize("value", [0, 1, 0xF0F0, 2**64 - 1])
def test_text_and_back(value):
    assert len(hash_to_text(value)) == 16
    assert hash_from_text(hash_to_text(value)) == value


@pytest.mark.parametrize("text", ["", "12", "g" * 16, "0" * 17, "F" * 16, "0x" + "0" * 14, "0" * 15 + "\n"])
def test_other_text_is_no_hash(text):
    with pytest.raises(DataError, match="16 hexadecimal digits"):
        hash_from_text(text)
