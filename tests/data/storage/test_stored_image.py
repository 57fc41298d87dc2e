from __future__ import annotations

import cv2
import numpy as np
import pytest
from stored import picture

from moei_toolkit.data.storage.pair_store import PairStore
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.stored_image import LARGE, SIDE, StoredImage, shrink, stored_bytes
from moei_toolkit.data.views import make_overview
from moei_toolkit.errors import DataError

SIZES = [(900, 1200), (1111, 1777), (500, 2100), (3000, 400)]


def photo(height: int, width: int) -> np.ndarray:
    coarse = picture(3, height // 9 + 1, width // 9 + 1)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.addWeighted(smooth, 0.8, picture(4, height, width), 0.2, 0)


@pytest.fixture(params=SIZES, ids=str)
def large(request) -> np.ndarray:
    assert request.param[0] * request.param[1] > LARGE
    return photo(*request.param)


@pytest.mark.parametrize("size", [16, 64, 128, 256, SIDE])
def test_a_stored_overview_is_that_of_the_pixels_to_rounding(large, size):
    found = StoredImage(large, shrink(large)).overview(size)
    expected = make_overview(large, size)
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() <= 1 / 255
    assert np.abs(found - expected).mean() <= 0.3 / 255


@pytest.mark.parametrize("size", [96, 192, 320, 800])
def test_overviews_of_other_sizes_come_from_the_pixels(large, size):
    assert np.array_equal(StoredImage(large, shrink(large)).overview(size), make_overview(large, size))


def test_small_images_have_no_overview_and_large_ones_need_no_pixels_for_theirs(tmp_path):
    images = {"small": photo(800, 1250), "large": photo(800, 1251)}
    assert images["small"].size == 3 * LARGE
    with PairWriter(tmp_path / "pairs.lmdb") as writer:
        for key, pixels in images.items():
            writer.put(key, pixels)
    with PairStore(tmp_path / "pairs.lmdb") as store:
        small, large = (store.image(key) for key in images)
        assert small.small is None
        assert np.array_equal(small.overview(128), make_overview(images["small"], 128))
        assert np.array_equal(large.small, shrink(images["large"]))
        assert np.array_equal(
            StoredImage(np.empty((0, 0, 3), np.uint8), large.small).overview(128), large.overview(128)
        )


def test_a_large_image_that_becomes_small_loses_its_overview(tmp_path):
    path = tmp_path / "pairs.lmdb"
    for size in ((1100, 1000), (20, 30), (1000, 1100)):
        with PairWriter(path, resume=True) as writer:
            writer.put("a", photo(*size))
        with PairStore(path) as store:
            assert (store.image("a").small is None) == (size == (20, 30))
            store.verify("a")


def test_a_damaged_overview_is_found(tmp_path):
    path, pixels = tmp_path / "pairs.lmdb", photo(1100, 1000)
    with PairWriter(path) as writer:
        writer.put("a", pixels)
    data = bytearray(path.read_bytes())
    data[data.index(shrink(pixels).tobytes()[:64])] ^= 1
    path.write_bytes(data)
    with PairStore(path) as store, pytest.raises(DataError, match="#a: expected crc32"):
        store.verify("a")


@pytest.mark.parametrize("size", [(40, 50), (900, 1200), (500, 2100)])
def test_what_an_image_takes_is_known_beforehand(size):
    pixels = photo(*size)
    large = pixels.size > 3 * LARGE
    assert stored_bytes(*size) == pixels.nbytes + (shrink(pixels).nbytes if large else 0)
