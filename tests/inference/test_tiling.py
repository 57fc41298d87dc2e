"""Tiles cover every pixel, blend without seams, and leave memory as soon as they are done."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.tiling import (
    RowBlender,
    Tile,
    axis_weights,
    restore_tiled,
    tile_grid,
    tile_starts,
)

SIZES = [(1, 1), (3, 500), (500, 3), (32, 32), (33, 64), (100, 75), (31, 129)]


def random_image(height: int, width: int) -> torch.Tensor:
    return torch.rand((3, height, width), generator=torch.Generator().manual_seed(0))


def restored(image: torch.Tensor | np.ndarray, fn: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    return torch.cat([rows for _, rows in restore_tiled(image, fn, tile=32, overlap=8)], 1)


def test_a_4k_frame_has_45_tiles_and_the_last_ones_end_at_the_border():
    tiles = tile_grid(2160, 3840, tile=512, overlap=64)
    assert len(tiles) == 45
    assert tiles[0] == Tile(0, 0, 512, 512)
    assert tiles[-1] == Tile(2160 - 512, 3840 - 512, 512, 512)
    assert tile_starts(2160, 512, 64) == [0, 448, 896, 1344, 1648]


def test_a_small_image_is_one_tile():
    assert tile_grid(3, 20, tile=32, overlap=8) == [Tile(0, 0, 3, 20)]
    assert tile_grid(32, 32, tile=32, overlap=8) == [Tile(0, 0, 32, 32)]
    assert len(tile_grid(33, 32, tile=32, overlap=8)) == 2


def test_neighbours_share_at_least_the_overlap():
    for size in range(1, 200):
        starts = tile_starts(size, 32, 8)
        assert starts == sorted(set(starts))
        assert starts[-1] + 32 == max(size, 32)
        assert all(after - before <= 24 for before, after in pairwise(starts))


@pytest.mark.parametrize(("tile", "overlap"), [(32, 32), (32, -1), (0, 0)])
def test_impossible_tiles_are_refused(tile: int, overlap: int):
    with pytest.raises(ConfigError, match="overlap"):
        tile_grid(100, 100, tile, overlap)


@pytest.mark.parametrize("window", ["hann", "uniform"])
@pytest.mark.parametrize("size", [1, 20, 32, 33, 40, 56, 57, 200])
@pytest.mark.parametrize("overlap", [0, 1, 8, 24, 31])
def test_weights_add_up_to_1_and_are_never_0(window: str, size: int, overlap: int):
    total = torch.zeros(size)
    for start, weights in axis_weights(size, 32, overlap, window).items():
        assert (weights > 0).all()
        total[start : start + len(weights)] += weights
    torch.testing.assert_close(total, torch.ones(size), atol=1e-6, rtol=0)


def test_ramps_are_raised_cosines_and_the_border_is_flat():
    weights = axis_weights(56, 32, 8, "hann")
    ramp = torch.sin(torch.pi / 2 * (torch.arange(8) + 0.5) / 8) ** 2
    torch.testing.assert_close(weights[0][:24], torch.ones(24))
    torch.testing.assert_close(weights[0][24:], ramp.flip(0))
    torch.testing.assert_close(weights[24][:8], ramp)
    torch.testing.assert_close(weights[24][8:], torch.ones(24))


def test_uniform_window_is_a_plain_mean():
    weights = axis_weights(56, 32, 8, "uniform")
    assert weights[0][24:].tolist() == [0.5] * 8


def test_unknown_window_is_refused():
    with pytest.raises(ConfigError, match="gauss"):
        axis_weights(10, 8, 2, "gauss")


@pytest.mark.parametrize("window", ["hann", "uniform"])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_identity_gives_the_image_back(height: int, width: int, batch: int, window: str):
    image = random_image(height, width)
    parts = list(restore_tiled(image, lambda x: x, 32, 8, window, batch))
    assert [top for top, _ in parts] == np.cumsum([0, *(rows.shape[1] for _, rows in parts)]).tolist()[:-1]
    torch.testing.assert_close(torch.cat([rows for _, rows in parts], 1), image, atol=1e-6, rtol=0)


def test_tiles_that_disagree_are_joined_by_a_smooth_ramp():
    values = iter([0.0, 1.0])
    rows = restored(random_image(8, 56), lambda x: x * 0 + next(values))
    expected = torch.cat([torch.zeros(24), axis_weights(56, 32, 8)[24][:8], torch.ones(24)])
    torch.testing.assert_close(rows[0, 4], expected)


def test_equals_a_slow_weighted_mean():
    image, seen, weight = random_image(70, 45), torch.zeros(3, 70, 45), torch.zeros(70, 45)
    for tile in tile_grid(70, 45, 32, 8):
        place = (slice(tile.top, tile.top + tile.height), slice(tile.left, tile.left + tile.width))
        crop = image[:, place[0], place[1]]
        window = torch.outer(axis_weights(70, 32, 8)[tile.top], axis_weights(45, 32, 8)[tile.left])
        seen[:, place[0], place[1]] += crop.mean() * window
        weight[place] += window
    torch.testing.assert_close(restored(image, lambda x: x * 0 + x.mean()), seen / weight)


def test_rows_come_as_soon_as_no_later_tile_touches_them():
    calls: list[int] = []
    stream = restore_tiled(random_image(80, 32), lambda x: calls.append(1) or x, 32, 8)
    tops = []
    for top, rows in stream:
        tops.append((top, rows.shape[1], len(calls)))
    assert tops == [(0, 24, 1), (24, 24, 2), (48, 32, 3)]


def test_only_one_band_of_tiles_is_held():
    blender = RowBlender(10_000, 64, 32, 8)
    largest = 0
    for tile in tile_grid(10_000, 64, 32, 8):
        for _ in blender.add(tile, torch.zeros(3, 32, 32)):
            pass
        largest = max(largest, sum(v.numel() for v in vars(blender).values() if isinstance(v, torch.Tensor)))
    assert largest == 3 * 32 * 64


def test_pixels_of_a_file_are_converted_tile_by_tile():
    pixels = np.random.default_rng(0).integers(0, 65536, (40, 50, 3), dtype=np.uint16)
    np.testing.assert_allclose(restored(pixels, lambda x: x), pixels.transpose(2, 0, 1) / 65535, atol=1e-6)


def test_half_precision_tiles_are_joined_in_single_precision():
    image = random_image(40, 40)
    rows = restored(image, lambda x: x.bfloat16())
    assert rows.dtype == torch.float32
    torch.testing.assert_close(rows, image.bfloat16().float(), atol=1e-6, rtol=0)


def test_several_restorations_can_be_stacked():
    image = random_image(40, 40)
    rows = restored(image, lambda x: torch.cat((x, 1 - x), 1))
    torch.testing.assert_close(rows, torch.cat((image, 1 - image)), atol=1e-6, rtol=0)


def test_gradients_are_not_kept():
    weight = torch.ones((), requires_grad=True)
    assert not restored(random_image(40, 40), lambda x: x * weight).requires_grad


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_values_that_are_not_finite_are_refused(value: float):
    factors = iter([1.0, value])
    with pytest.raises(DataError, match="row 0, column 24"):
        restored(random_image(32, 56), lambda x: x * next(factors))


def test_a_network_that_changes_the_size_is_refused():
    with pytest.raises(DataError, match=r"\(3, 32, 32\).*\(3, 16, 16\)"):
        restored(random_image(40, 40), lambda x: x[..., ::2, ::2])
    with pytest.raises(DataError, match="2 tiles into 1"):
        list(restore_tiled(random_image(40, 40), lambda x: x[:1], 32, 8, batch=2))


def test_tiles_out_of_order_are_refused():
    blender = RowBlender(40, 40, 32, 8)
    with pytest.raises(DataError, match="order"):
        list(blender.add(Tile(8, 8, 32, 32), torch.zeros(3, 32, 32)))


@pytest.mark.parametrize(
    "image", [np.zeros((3, 8, 8), np.uint8), torch.zeros(1, 3, 8, 8), np.zeros((8, 8, 3), np.float32)]
)
def test_other_layouts_are_refused(image: object):
    with pytest.raises(DataError, match=r"\(3, H, W\)"):
        list(restore_tiled(image, lambda x: x))  # type: ignore[arg-type]


def test_an_impossible_batch_is_refused():
    with pytest.raises(ConfigError, match="batch"):
        list(restore_tiled(random_image(8, 8), lambda x: x, batch=0))
