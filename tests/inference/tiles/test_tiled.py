"""An image restored by tiles is the image restored, whatever its size, and is read from top to bottom."""

from __future__ import annotations

import numpy as np
import pytest
from top_down_source import TopDownSource

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.tiles.tiled import TileFunction, restore_tiled
from moei_toolkit.inference.tiles.tiling import axis_weights, tile_grid
from moei_toolkit.io.images.pixel_source import ArraySource

SIZES = [(1, 1), (3, 500), (500, 3), (32, 32), (33, 64), (100, 75), (31, 129)]


def random_image(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


def restored(image: np.ndarray, fn: TileFunction, batch: int = 1) -> np.ndarray:
    """(C, H, W)."""
    return np.concatenate([rows for _, rows in restore_tiled(ArraySource(image), fn, 32, 8, batch=batch)], 1)


@pytest.mark.parametrize("window", ["hann", "uniform"])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_identity_gives_the_image_back(height: int, width: int, batch: int, window: str):
    image = random_image(height, width)
    parts = list(restore_tiled(TopDownSource(image), lambda x: x, 32, 8, window, batch))
    assert [top for top, _ in parts] == np.cumsum([0, *(rows.shape[1] for _, rows in parts)]).tolist()[:-1]
    rows = np.concatenate([rows for _, rows in parts], 1)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, image.transpose(2, 0, 1), atol=1e-6, rtol=0)


def test_equals_a_slow_weighted_mean():
    image, seen, weight = random_image(70, 45), np.zeros((3, 70, 45)), np.zeros((70, 45))
    for tile in tile_grid(70, 45, 32, 8):
        place = (slice(tile.top, tile.top + tile.height), slice(tile.left, tile.left + tile.width))
        window = np.outer(axis_weights(70, 32, 8)[tile.top], axis_weights(45, 32, 8)[tile.left])
        seen[:, place[0], place[1]] += image[place].mean() * window
        weight[place] += window
    np.testing.assert_allclose(restored(image, lambda x: x * 0 + x.mean()), seen / weight, atol=1e-6)


def test_rows_come_as_soon_as_no_later_tile_touches_them():
    calls: list[int] = []
    stream = restore_tiled(ArraySource(random_image(80, 32)), lambda x: calls.append(1) or x, 32, 8)
    assert [(top, rows.shape[1], len(calls)) for top, rows in stream] == [
        (0, 24, 1),
        (24, 24, 2),
        (48, 32, 3),
    ]


def test_the_image_is_read_band_by_band_from_top_to_bottom():
    source = TopDownSource(random_image(500, 40))
    for _ in restore_tiled(source, lambda x: x, 32, 8):
        pass
    assert source.seen.all()
    assert source.most == 32


def test_tiles_of_one_row_go_through_the_network_together():
    shapes: list[tuple[int, ...]] = []
    image = random_image(40, 100)
    together = restored(image, lambda x: shapes.append(x.shape) or x**2, batch=3)
    assert shapes == [(3, 3, 32, 32), (1, 3, 32, 32), (3, 3, 16, 32), (1, 3, 16, 32)]
    np.testing.assert_array_equal(together, restored(image, lambda x: x**2))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pixels_of_a_file_are_converted_tile_by_tile(dtype: type):
    largest = np.iinfo(dtype).max
    pixels = np.random.default_rng(0).integers(0, largest + 1, (40, 50, 3), dtype=dtype)
    np.testing.assert_allclose(restored(pixels, lambda x: x), pixels.transpose(2, 0, 1) / largest, atol=1e-6)


def test_several_restorations_can_be_stacked():
    image = random_image(40, 40)
    planes = image.transpose(2, 0, 1)
    rows = restored(image, lambda x: np.concatenate((x, 1 - x), 1))
    np.testing.assert_allclose(rows, np.concatenate((planes, 1 - planes)), atol=1e-6)


def test_a_network_that_changes_the_size_is_refused():
    with pytest.raises(DataError, match=r"\(1, 3, 32, 32\) into \(1, 3, 16, 16\)"):
        restored(random_image(40, 40), lambda x: x[..., ::2, ::2])
    with pytest.raises(DataError, match=r"\(2, 3, 32, 32\) into \(1, 3, 32, 32\)"):
        restored(random_image(40, 56), lambda x: x[:1], batch=2)


@pytest.mark.parametrize(("height", "width"), [*SIZES, (40, 41), (42, 43), (47, 90)])
def test_a_network_that_sees_a_grid_sees_the_same_one_in_every_tile(height: int, width: int):
    def darken_every_fourth(x: np.ndarray) -> np.ndarray:
        y = x.copy()
        y[..., ::4, :] *= 0.5
        y[..., :, 1::4] *= 0.25
        return y

    image, sides = random_image(height, width), set()
    parts = restore_tiled(
        TopDownSource(image), lambda x: sides.update(x.shape[2:]) or darken_every_fourth(x), 32, 8, align=4
    )
    rows = np.concatenate([part for _, part in parts], 1)
    np.testing.assert_allclose(rows, darken_every_fourth(image.transpose(2, 0, 1)), atol=1e-6)
    assert all(side % 4 == 0 for side in sides)


def test_a_tile_that_reaches_beyond_the_image_is_continued_by_its_border():
    image, crops = random_image(33, 32), []
    for _ in restore_tiled(ArraySource(image), lambda x: crops.append(x[0]) or x, 32, 8, align=8):
        pass
    first, last = crops
    np.testing.assert_array_equal(first, image[:32].transpose(2, 0, 1))
    np.testing.assert_array_equal(last[:, :9], image[24:].transpose(2, 0, 1))
    np.testing.assert_array_equal(last[:, 9:], np.repeat(last[:, 8:9], 7, axis=1))


def test_an_impossible_batch_is_refused():
    with pytest.raises(ConfigError, match="batch"):
        restored(random_image(8, 8), lambda x: x, batch=0)
