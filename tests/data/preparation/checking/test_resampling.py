from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.preparation.checking.resampling import LOBES, lanczos, resample


def waves(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """A picture whose value is known between its pixels; its waves are 8 pixels and longer."""
    down, across = np.sin(2 * np.pi * rows / 8)[:, None], np.cos(2 * np.pi * columns / 9.5)[None]
    return 127 + np.dstack([60 * down + 60 * across, 120 * down * across, 100 * across + 0 * down])


@pytest.mark.parametrize(("rows", "columns"), [(0.5, -0.5), (0.3, 0.0), (-0.12, 0.41)])
def test_values_between_pixels(rows: float, columns: float):
    places = np.arange(40.0), np.arange(50.0)
    pixels = np.rint(waves(*places)).astype(np.uint8)
    inside = slice(LOBES, -LOBES)
    expected = waves(places[0][inside] + rows, places[1][inside] + columns)
    assert np.abs(resample(pixels, rows, columns) - expected).max() < 2.0


def test_no_shift_changes_nothing():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resample(pixels, 0.0, 0.0), pixels[LOBES:-LOBES, LOBES:-LOBES])


def test_nothing_leaves_the_range():
    pixels = np.zeros((24, 24, 3), np.uint8)
    pixels[:, 12:] = 255
    read = resample(pixels, 0.0, 0.5)
    assert read[:, 0].max() <= 3  # else it wrapped around
    assert read[:, -1].min() >= 252


@pytest.mark.parametrize("fraction", [-0.5, -0.2, 0.0, 0.35, 0.5])
def test_the_filter_neither_brightens_nor_moves(fraction: float):
    weights = lanczos(fraction)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ np.arange(-LOBES, LOBES + 1) == pytest.approx(fraction, abs=0.02)
