"""Tiles cover every pixel, and what they weigh adds up to 1."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.tiling import Tile, axis_weights, tile_grid, tile_starts


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


@pytest.mark.parametrize(("tile", "overlap", "align"), [(32, 8, 4), (32, 8, 16), (40, 9, 8), (16, 0, 16)])
def test_aligned_tiles_begin_at_multiples_cover_all_and_share_as_much(tile: int, overlap: int, align: int):
    for size in range(1, 300):
        starts = tile_starts(size, tile, overlap, align)
        assert starts == sorted(set(starts))
        assert all(start % align == 0 for start in starts)
        assert 0 <= starts[-1] + tile - max(size, tile) < align
        assert all(after - before <= tile - overlap for before, after in pairwise(starts))


def test_tiles_of_a_4k_frame_are_aligned_anyway_and_those_of_full_hd_are_not():
    assert tile_grid(2160, 3840, align=16) == tile_grid(2160, 3840)
    assert tile_starts(1080, 512, 64) == [0, 448, 568]
    assert tile_starts(1080, 512, 64, 16) == [0, 448, 576]
    assert tile_grid(1080, 512, align=16)[-1] == Tile(576, 0, 504, 512)


@pytest.mark.parametrize(
    ("tile", "overlap", "align"), [(32, 32, 1), (32, -1, 1), (0, 0, 1), (32, 24, 16), (8, 0, 16)]
)
def test_impossible_tiles_are_refused(tile: int, overlap: int, align: int):
    with pytest.raises(ConfigError, match=f"tile {tile} and overlap {overlap}"):
        tile_grid(100, 100, tile, overlap, align)


def test_an_image_without_pixels_is_refused():
    with pytest.raises(DataError, match="at least 1 pixel, got 0"):
        tile_grid(0, 100)


@pytest.mark.parametrize("window", ["hann", "uniform"])
@pytest.mark.parametrize("size", [1, 20, 32, 33, 40, 56, 57, 200])
@pytest.mark.parametrize(("overlap", "align"), [(0, 1), (1, 1), (8, 1), (24, 1), (31, 1), (8, 4), (16, 16)])
def test_weights_add_up_to_1_and_are_never_0(window: str, size: int, overlap: int, align: int):
    total = np.zeros(size)
    for start, weights in axis_weights(size, 32, overlap, window, align).items():
        assert weights.dtype == np.float32
        assert (weights > 0).all()
        total[start : start + len(weights)] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_ramps_are_raised_cosines_and_the_border_is_flat():
    weights = axis_weights(56, 32, 8, "hann")
    ramp = np.sin(np.pi / 2 * (np.arange(8) + 0.5) / 8) ** 2
    np.testing.assert_allclose(weights[0][:24], 1, atol=1e-6)
    np.testing.assert_allclose(weights[0][24:], ramp[::-1], atol=1e-6)
    np.testing.assert_allclose(weights[24][:8], ramp, atol=1e-6)
    np.testing.assert_allclose(weights[24][8:], 1, atol=1e-6)


def test_uniform_window_is_a_plain_mean():
    weights = axis_weights(56, 32, 8, "uniform")
    assert weights[0][24:].tolist() == [0.5] * 8


def test_unknown_window_is_refused():
    with pytest.raises(ConfigError, match="gauss"):
        axis_weights(10, 8, 2, "gauss")
