"""Tiles cover every pixel, and what they weigh adds up to 1."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.tiles.tiling import Tile, axis_weights, network_shape, tile_grid, tile_spans


def test_a_4k_frame_has_45_tiles_and_the_last_ones_end_at_the_border():
    tiles = tile_grid(2160, 3840, tile=512, overlap=64)
    assert len(tiles) == 45
    assert tiles[0] == Tile(0, 0, 512, 512)
    assert tiles[-1] == Tile(2160 - 384, 3840 - 256, 384, 256)
    assert tile_spans(2160, 512, 64) == [(0, 512), (448, 512), (896, 512), (1344, 512), (1776, 384)]


def test_last_tiles_of_a_4k_frame_save_a_tenth_of_its_pixels():
    assert sum(t.height * t.width for t in tile_grid(2160, 3840)) < 0.9 * 45 * 512**2


def test_a_small_image_is_one_tile():
    assert tile_grid(3, 20, tile=32, overlap=8) == [Tile(0, 0, 3, 20)]
    assert tile_grid(32, 32, tile=32, overlap=8) == [Tile(0, 0, 32, 32)]
    assert tile_grid(33, 32, tile=32, overlap=8) == [Tile(0, 0, 32, 32), Tile(17, 0, 16, 32)]


@pytest.mark.parametrize(
    ("tile", "overlap", "align"),
    [(32, 8, 1), (32, 8, 16), (32, 24, 4), (40, 9, 8), (16, 0, 16), (30, 7, 4), (7, 6, 1), (1, 0, 1)],
)
def test_tiles_cover_an_axis_and_share_the_overlap(tile: int, overlap: int, align: int):
    for size in range(tile + 1, 300):
        spans = tile_spans(size, tile, overlap, align)
        assert all(start % align == 0 for start, _ in spans)
        assert all(length == tile for _, length in spans[:-1])
        assert sum(spans[-1]) == size
        assert tile // 2 - align < spans[-1][1] <= tile
        for (start, length), (following, _) in pairwise(spans):
            assert start < following <= start + length - overlap


def test_few_shapes_occur_whatever_the_size_of_the_image():
    grids = [tile_grid(side, 3 * side, 64, 8, 4) for side in range(65, 400)]
    assert {network_shape(tile, 4) for grid in grids for tile in grid} == {
        (height, width) for height in (32, 48, 64) for width in (32, 48, 64)
    }


def test_tiles_of_full_hd_are_aligned_to_what_the_network_pads_to():
    assert tile_spans(1080, 512, 64) == [(0, 512), (448, 512), (824, 256)]
    assert tile_spans(1080, 512, 64, 16) == [(0, 512), (448, 512), (832, 248)]
    assert network_shape(tile_grid(1080, 512, align=16)[-1], 16) == (256, 512)


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
