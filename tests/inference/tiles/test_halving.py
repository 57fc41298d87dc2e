"""Where memory runs out tiles get smaller, and the image is restored all the same."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.inference.tiles.halving import HalvingTiles
from moei_toolkit.inference.tiles.tiled import restore_tiled
from moei_toolkit.inference.tiles.tiling import network_shape, tile_grid
from moei_toolkit.io.images.pixel_source import ArraySource

OVERLAP = 4


class Network:
    """Squares every pixel; holds only so many of them at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.tried: list[tuple[int, ...]] = []

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        self.tried.append(tiles.shape)
        if tiles.size > self.most:
            raise MemoryError("too many pixels")
        return tiles**2


def tiles_of(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, 3, height, width), np.float32)


def halving(network: Network, said: list[int], tile: int = 64) -> HalvingTiles:
    return HalvingTiles(network, tile, OVERLAP, "hann", said.append)


def test_nothing_changes_while_memory_suffices():
    said: list[int] = []
    network, tiles = Network(10**6), tiles_of(2, 64, 64)
    np.testing.assert_array_equal(halving(network, said)(tiles), tiles**2)
    assert (said, network.tried) == ([], [tiles.shape])


def test_a_tile_that_does_not_fit_is_restored_by_tiles_of_half_its_side():
    said: list[int] = []
    network, tiles = Network(3 * 32 * 32), tiles_of(2, 64, 64)
    np.testing.assert_allclose(halving(network, said)(tiles), tiles**2, atol=1e-6)
    assert said == [32]
    assert network.tried[:2] == [(2, 3, 64, 64), (1, 3, 64, 64)]
    assert max(max(shape) for shape in network.tried[2:]) == 32


def test_tiles_that_fit_one_by_one_are_not_halved():
    said: list[int] = []
    network, tiles = Network(3 * 64 * 64), tiles_of(3, 64, 64)
    restore = halving(network, said)
    for _ in range(2):
        np.testing.assert_array_equal(restore(tiles), tiles**2)
    assert said == []
    assert network.tried == [tiles.shape, *[(1, 3, 64, 64)] * 6]


def test_it_halves_as_often_as_it_must():
    said: list[int] = []
    network, tiles = Network(3 * 16 * 16), tiles_of(1, 64, 64)
    np.testing.assert_allclose(halving(network, said)(tiles), tiles**2, atol=1e-6)
    assert said == [32, 16]


def test_tiles_that_are_no_multiple_of_what_the_network_pads_to_stay_whole():
    said: list[int] = []
    network, image = Network(10**6), tiles_of(1, 60, 60)[0].transpose(1, 2, 0)
    restore = HalvingTiles(network, 30, OVERLAP, "hann", said.append, align=8)
    list(restore_tiled(ArraySource(image), restore, 30, OVERLAP, align=8))
    grid = tile_grid(60, 60, 30, OVERLAP, align=8)
    assert network.tried == [(1, 3, *network_shape(part, 8)) for part in grid]
    assert said == []


def test_later_tiles_stay_small():
    said: list[int] = []
    network = Network(3 * 32 * 32)
    restore = halving(network, said)
    restore(tiles_of(1, 64, 64))
    network.tried.clear()
    network.most = 10**6
    restore(tiles_of(1, 64, 64))
    assert said == [32]
    assert max(max(shape) for shape in network.tried) == 32


def test_an_image_smaller_than_a_tile_is_halved_by_its_own_side():
    said: list[int] = []
    tiles = tiles_of(1, 20, 40)
    restored = halving(Network(3 * 20 * 20), said)(tiles)
    np.testing.assert_allclose(restored, tiles**2, atol=1e-6)
    assert said == [20]


def test_tiles_never_get_as_small_as_twice_the_overlap():
    said: list[int] = []
    with pytest.raises(MemoryError, match="too many pixels"):
        halving(Network(0), said)(tiles_of(1, 64, 64))
    assert said == [32, 16]
    assert said[-1] // 2 == 2 * OVERLAP


def test_tiles_stay_large_enough_to_be_aligned():
    said: list[int] = []
    fn = HalvingTiles(Network(0), 64, OVERLAP, "hann", said.append, align=16)
    with pytest.raises(MemoryError):
        fn(tiles_of(1, 64, 64))
    assert said == [32]


def test_other_errors_are_not_taken_for_it():
    def broken(tiles: np.ndarray) -> np.ndarray:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        HalvingTiles(broken, 64, OVERLAP, "hann", lambda side: None)(tiles_of(1, 64, 64))


def test_an_image_comes_out_the_same_whenever_memory_ran_out():
    image = np.random.default_rng(1).random((150, 100, 3), np.float32)
    calls, said = [0], []

    def network(tiles: np.ndarray) -> np.ndarray:
        calls[0] += 1
        if calls[0] > 2 and tiles.shape[-1] > 32:
            raise MemoryError
        return tiles**2

    fn = HalvingTiles(network, 64, OVERLAP, "hann", said.append)
    rows = np.concatenate([part for _, part in restore_tiled(ArraySource(image), fn, 64, OVERLAP)], axis=1)
    assert said == [32]
    np.testing.assert_allclose(rows, (image**2).transpose(2, 0, 1), atol=1e-6)
