from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data import fields
from moei_toolkit.data.fields import exact_field, sample_waves, smooth_field


@pytest.fixture
def both_ways(monkeypatch):
    """Draw the same field as a small picture would and as a large one would."""

    def draw(height, width, **options):
        for limit in (10_000, 0):
            monkeypatch.setattr(fields, "LARGE", limit)
            yield smooth_field(height, width, np.random.default_rng(1), **options)

    return draw


def kinks(field: np.ndarray) -> float:
    """How much the curvature of a field jumps from pixel to pixel, compared with its curvature."""
    curvature = np.diff(field.astype(np.float64), 2, axis=1)
    return float(np.abs(np.diff(curvature, axis=1)).max() / np.abs(curvature).max())


@pytest.mark.parametrize("shape", [(8, 12), (7, 9), (8, 7), (2, 2), (1, 5)])
def test_waves_pass_through_their_samples(shape):
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    again = sample_waves(values, np.arange(shape[0]), np.arange(shape[1]))
    np.testing.assert_allclose(again, values, atol=1e-5)
    assert again.dtype == np.float32


def test_between_its_samples_a_wave_stays_a_wave():
    down, across = np.arange(16), np.arange(12)

    def wave(rows, columns):
        return np.cos(2 * np.pi * (2 * rows[:, None] / 16 + 3 * columns / 12) + 0.7)

    between = np.linspace(0, 16, 61), np.linspace(-1, 12, 47)
    np.testing.assert_allclose(sample_waves(wave(down, across), *between), wave(*between), atol=1e-5)


def test_small_fields_are_enlarged_and_large_ones_exact():
    for width, exact in ((1080, False), (1081, True)):
        field = smooth_field(20, width, np.random.default_rng(1))
        assert np.array_equal(field, exact_field(20, width, np.random.default_rng(1))) == exact


def test_both_ways_give_the_same_field(both_ways):
    enlarged, exact = both_ways(400, 600, grid=24)
    assert np.corrcoef(exact.ravel(), enlarged.ravel())[0, 1] > 0.995
    assert exact.mean() == pytest.approx(enlarged.mean(), abs=0.01)
    assert exact.std() == pytest.approx(enlarged.std(), rel=0.02)
    spectra = [np.abs(np.fft.rfft2(field))[:8, :8] ** 2 for field in (exact, enlarged)]
    assert spectra[0].sum() == pytest.approx(spectra[1].sum(), rel=0.03)


def test_large_fields_have_no_grid(both_ways):
    enlarged, exact = both_ways(300, 1500, grid=16)
    assert kinks(enlarged) > 0.2
    assert kinks(exact) < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (1, 1500), (1500, 1), (3, 50)])
def test_any_size(both_ways, shape):
    for field in both_ways(*shape):
        assert field.shape == shape
        assert np.isfinite(field).all()
