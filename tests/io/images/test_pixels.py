"""Pixels of files and floats of networks are the same picture."""

from __future__ import annotations

import numpy as np
import pytest
from image_files import noise

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.pixels import to_float, to_pixels


@pytest.mark.parametrize("depth", [8, 16])
def test_there_and_back_is_exact(depth: int):
    pixels = np.arange(2**depth, dtype=np.uint16).astype(noise(1, depth=depth).dtype)
    pixels = np.stack([pixels.reshape(16, -1)] * 3, axis=2)
    image = to_float(pixels)
    assert image.dtype == np.float32
    assert image.shape == (3, *pixels.shape[:2])
    assert (image.min(), image.max()) == (0, 1)
    np.testing.assert_array_equal(to_pixels(image, depth), pixels)


def test_rounds_half_up_and_clips():
    values = np.array([-1, 0.49 / 255, 0.5 / 255, 1.5 / 255, 2.5 / 255, 254.5 / 255, 1.2, np.inf])
    pixels = to_pixels(np.broadcast_to(values, (3, 1, 8)))
    assert pixels[0, :, 0].tolist() == [0, 0, 1, 2, 3, 255, 255, 255]


def test_nan_is_never_written():
    with pytest.raises(ImageError, match="NaN"):
        to_pixels(np.full((3, 2, 2), np.nan))


@pytest.mark.parametrize("image", [np.zeros((2, 2, 3)), np.zeros((3, 3))])
def test_other_shapes_are_refused(image: np.ndarray):
    with pytest.raises(ImageError, match=r"\(3, H, W\)"):
        to_pixels(image)


@pytest.mark.parametrize("pixels", [np.zeros((3, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_only_file_pixels_become_floats(pixels: np.ndarray):
    with pytest.raises(ImageError, match="uint8 or uint16"):
        to_float(pixels)
