from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from moei_toolkit.data.photo_files import photo_path, read_depth, read_photo, shrink
from moei_toolkit.data.photos import PHOTOS, TEXTURES, Package, Photo
from moei_toolkit.errors import DataError

BY_NAME = {photo.name: photo for photo in (*PHOTOS, *TEXTURES)}


@pytest.mark.parametrize("name", BY_NAME)
def test_every_photograph_is_the_one_recorded(name):
    pixels = read_photo(BY_NAME[name], longest=256)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert max(pixels.shape) == 256


def test_colours_are_in_rgb_order():
    retina = read_photo(BY_NAME["retina"]).reshape(-1, 3).mean(axis=0)
    assert retina[0] > retina[1] > retina[2]


def test_a_photograph_is_in_one_split_only():
    assert len(BY_NAME) == len(PHOTOS) + len(TEXTURES)
    assert len({photo.sha256 for photo in BY_NAME.values()}) == len(BY_NAME)


def test_true_depth_fills_the_range_and_follows_the_scene():
    motorcycle = BY_NAME["motorcycle"]
    depth = read_depth(motorcycle, (500, 741))
    assert depth.shape == (500, 741)
    assert depth.min() >= 0.0
    assert depth.max() <= 1.0
    # The floor at the lower border is nearest, the wall at the top farthest.
    assert depth[-20:].mean() < 0.15 < 0.6 < depth[:20].mean()
    assert read_depth(motorcycle, (100, 150)).shape == (100, 150)


def test_a_missing_package_is_named():
    lost = dataclasses.replace(BY_NAME["flower"], package=Package("no-such-thing", "no_such_thing", "data"))
    with pytest.raises(DataError, match=r"no-such-thing(.|\n)*pip install no-such-thing"):
        photo_path(lost)


def test_a_missing_file_is_named():
    with pytest.raises(DataError, match=r"gone\.jpg"):
        read_photo(dataclasses.replace(BY_NAME["flower"], file="gone.jpg"))


def test_another_file_is_refused():
    swapped = dataclasses.replace(BY_NAME["flower"], file="china.jpg")
    with pytest.raises(DataError, match=r"china\.jpg: expected sha256"):
        read_photo(swapped)


def test_a_file_that_is_no_disparity_map_is_refused():
    wrong: Photo = dataclasses.replace(BY_NAME["motorcycle"], disparity="rocket.jpg")
    with pytest.raises(DataError, match="disparity"):
        read_depth(wrong, (500, 741))


def test_shrinking_keeps_small_pictures_as_they_are():
    small = np.zeros((10, 20, 3), np.uint8)
    assert shrink(small, 20) is small
    assert shrink(np.zeros((300, 3000, 3), np.uint8), 1000).shape == (100, 1000, 3)
