"""Tiles are joined as they arrive, and leave memory as soon as they are done."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.inference.tiles.blending import RowBlender
from moei_toolkit.inference.tiles.tiling import Tile, axis_weights, tile_grid


def blend(height: int, width: int, tiles: list[np.ndarray]) -> np.ndarray:
    blender, grid = RowBlender(height, width, 32, 8), tile_grid(height, width, 32, 8)
    parts = [part for tile, pixels in zip(grid, tiles, strict=True) for part in blender.add(tile, pixels)]
    return np.concatenate([rows for _, rows in parts], axis=1)


def test_tiles_that_disagree_are_joined_by_a_smooth_ramp():
    rows = blend(8, 56, [np.zeros((3, 8, 32)), np.ones((3, 8, 32))])
    expected = np.concatenate([np.zeros(24), axis_weights(56, 32, 8)[24][:8], np.ones(24)])
    np.testing.assert_allclose(rows[0, 4], expected, atol=1e-6)


def test_only_one_band_of_tiles_and_one_tile_are_held():
    blender, largest = RowBlender(10_000, 64, 32, 8), 0
    for tile in tile_grid(10_000, 64, 32, 8):
        for _ in blender.add(tile, np.zeros((3, tile.height, tile.width), np.float32)):
            pass
        held = (value.size for value in vars(blender).values() if isinstance(value, np.ndarray))
        largest = max(largest, sum(held))
    assert largest == 3 * 32 * 64 + 3 * 32 * 32


def test_rows_that_were_given_away_are_not_written_to_again():
    blender, parts = RowBlender(80, 32, 32, 8), []
    for tile in tile_grid(80, 32, 32, 8):
        for _, rows in blender.add(tile, np.full((3, 32, 32), float(tile.top), np.float32)):
            parts.append((rows, rows.copy()))
    assert len(parts) == 3
    for rows, copy in parts:
        np.testing.assert_array_equal(rows, copy)


def test_half_precision_tiles_are_joined_in_single_precision():
    tiles = np.random.default_rng(0).random((4, 3, 32, 32)).astype(np.float16)
    rows = blend(56, 56, list(tiles))
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, blend(56, 56, list(tiles.astype(np.float32))), atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value: float):
    tiles = [np.zeros((3, 32, 32)), np.zeros((3, 32, 32))]
    tiles[1][1, 5, 7] = value
    with pytest.raises(DataError, match="row 0, column 24"):
        blend(32, 56, tiles)


def test_tiles_out_of_order_are_refused():
    blender = RowBlender(40, 40, 32, 8)
    with pytest.raises(DataError, match="order"):
        list(blender.add(Tile(8, 8, 32, 32), np.zeros((3, 32, 32))))


def test_pixels_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"\(3, 32, 32\).*\(3, 16, 32\)"):
        blend(32, 32, [np.zeros((3, 16, 32))])
    with pytest.raises(DataError, match=r"\(6, 32, 32\).*\(3, 32, 32\)"):
        blend(32, 56, [np.zeros((6, 32, 32)), np.zeros((3, 32, 32))])
