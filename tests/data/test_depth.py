from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data import fields
from moei_toolkit.data.depth import estimate_depth, fit_lines


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (65, 40), (700, 900)])
def test_is_a_depth_map_of_the_same_size(shape):
    clean = np.random.default_rng(0).random((*shape, 3), dtype=np.float32)
    depth = estimate_depth(clean, np.random.default_rng(1))
    assert depth.shape == shape
    assert depth.dtype == np.float32
    assert depth.min() >= 0.0
    assert depth.max() <= 1.0


def test_up_and_pale_is_far():
    clean = np.full((90, 90, 3), (0.1, 0.3, 0.1), np.float32)
    clean[:30] = 0.85
    for seed in range(4):
        depth = estimate_depth(clean, np.random.default_rng(seed))
        assert depth[:20].mean() > depth[40:60].mean() > depth[-20:].mean()


@pytest.fixture
def both_ways(monkeypatch):
    """Estimate depth as in a small picture and as in a large one."""

    def estimate(clean):
        for limit in (10_000, 0):
            monkeypatch.setattr(fields, "LARGE", limit)
            yield estimate_depth(clean, np.random.default_rng(1))

    return estimate


def slope_picture(height: int, width: int) -> np.ndarray:
    """Dark ground under a pale sky, with an outline between them that is neither level nor upright."""
    rows, columns = np.mgrid[:height, :width]
    ground = rows > 0.3 * height + 0.37 * columns
    clean = np.where(ground[..., None], (0.2, 0.3, 0.15), (0.8, 0.85, 0.9)).astype(np.float32)
    return clean + np.random.default_rng(0).uniform(0, 0.05, clean.shape).astype(np.float32)


def test_both_ways_give_the_same_depth(both_ways):
    small, large = both_ways(slope_picture(420, 700))
    assert np.corrcoef(small.ravel(), large.ravel())[0, 1] > 0.99
    assert large.mean() == pytest.approx(small.mean(), abs=0.01)
    assert large.std() == pytest.approx(small.std(), rel=0.03)


def test_depth_of_a_large_picture_steps_where_the_picture_does(both_ways):
    clean = slope_picture(900, 1500)
    columns = np.arange(300, 1200)
    border = np.floor(0.3 * 900 + 0.37 * columns).astype(int)

    def sharpness(depth):
        near, far = (abs(depth[border - d, columns] - depth[border + 1 + d, columns]).mean() for d in (0, 9))
        return near / far

    enlarged, lent = map(sharpness, both_ways(clean))
    assert enlarged < 0.5
    assert lent > 0.8


def test_is_deterministic(photo):
    first, again = (estimate_depth(photo[0], np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first, again)


def guided_filter(guide, values, radius, epsilon):
    slope, offset = fit_lines(guide, values, radius, epsilon)
    return slope * guide + offset


def test_guided_filter_keeps_edges_and_smooths_noise():
    rng = np.random.default_rng(0)
    guide = np.zeros((60, 60), np.float32)
    guide[:, 30:] = 1.0
    noisy = guide + rng.normal(0, 0.2, guide.shape).astype(np.float32)
    smooth = guided_filter(guide, noisy, 5, 1e-3)
    assert smooth[:, 31].mean() - smooth[:, 28].mean() > 0.9
    assert smooth[10:50, 5:25].std() < 0.25 * noisy[10:50, 5:25].std()


def test_guided_filter_with_itself_as_guide_changes_nothing_when_epsilon_is_tiny():
    image = np.random.default_rng(0).random((40, 40), dtype=np.float32)
    np.testing.assert_allclose(guided_filter(image, image, 3, 1e-8), image, atol=1e-3)
