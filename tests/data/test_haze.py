from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.errors import ConfigError


def test_matches_the_scattering_model_computed_by_hand():
    haze = Haze(airlight=(0.8, 0.8), tint=0.0, beta=(1.5, 1.5), patchy_share=0.0)
    clean = np.array([[[0.2, 0.4, 0.6], [0.0, 1.0, 0.5]]], np.float32)
    depth = np.array([[0.5, 1.0]], np.float32)
    hazy = haze.apply(clean, depth, 0.3, np.random.default_rng(0))
    near, far = np.exp(-0.75), np.exp(-1.5)
    expected = [
        [0.2 * near + 0.8 * (1 - near), 0.4 * near + 0.8 * (1 - near), 0.6 * near + 0.8 * (1 - near)],
        [0.8 * (1 - far), far + 0.8 * (1 - far), 0.5 * far + 0.8 * (1 - far)],
    ]
    np.testing.assert_allclose(hazy[0], expected, atol=1e-6)


def test_nothing_happens_at_depth_zero(photo):
    clean, depth = photo
    hazy = Haze().apply(clean, np.zeros_like(depth), 1.0, np.random.default_rng(0))
    np.testing.assert_allclose(hazy, clean, atol=1e-6)


def test_far_things_lose_contrast_and_near_things_keep_it(photo):
    clean, depth = photo
    hazy = Haze().apply(clean, depth, 0.8, np.random.default_rng(0))
    kept = [hazy[rows].std() / clean[rows].std() for rows in (slice(0, 20), slice(-20, None))]
    assert kept[0] < 0.5 < kept[1]


def test_patchy_haze_varies_where_depth_does_not():
    clean = np.zeros((128, 128, 3), np.float32)
    depth = np.full((128, 128), 0.7, np.float32)
    even, patchy = (
        Haze(patchy_share=share, patchiness=(0.3, 0.3)).apply(clean, depth, 0.5, np.random.default_rng(1))
        for share in (0.0, 1.0)
    )
    assert np.ptp(even, axis=(0, 1)).max() == 0.0
    assert patchy[..., 0].std() > 0.02
    assert abs(patchy.mean() - even.mean()) < 0.1


def test_airlight_is_almost_gray_and_in_its_range():
    clean, depth = np.zeros((4, 4, 3), np.float32), np.ones((4, 4), np.float32)
    thick = Haze(beta=(20.0, 20.0))
    for seed in range(20):
        airlight = thick.apply(clean, depth, 1.0, np.random.default_rng(seed))[0, 0]
        assert 0.675 <= airlight.min() <= airlight.max() <= 1.0
        assert airlight.max() - airlight.min() <= 0.05 + 1e-6


def test_banks_are_alike_on_both_sides_of_what_counts_as_large():
    haze = Haze(patchy_share=1.0, patchiness=(0.3, 0.3))

    def draw(width: int) -> np.ndarray:
        clean, depth = np.zeros((90, width, 3), np.float32), np.full((90, width), 0.7, np.float32)
        return haze.apply(clean, depth, 0.5, np.random.default_rng(3))[:, :1080]

    small, large = draw(1080), draw(1081)
    assert not np.array_equal(small, large)
    assert np.corrcoef(small.ravel(), large.ravel())[0, 1] > 0.99
    assert large.mean() == pytest.approx(small.mean(), abs=0.005)
    assert large.std() == pytest.approx(small.std(), rel=0.03)


def test_near_things_are_as_hazy_as_far_ones_in_a_room(photo):
    clean, depth = photo
    room = Haze(near=(1.0, 1.0), airlight=(0.8, 0.8), tint=0.0, patchy_share=0.0)
    everywhere = room.apply(clean, depth, 0.5, np.random.default_rng(0))
    flat = room.apply(clean, np.ones_like(depth), 0.5, np.random.default_rng(0))
    np.testing.assert_allclose(everywhere, flat, atol=1e-6)


@pytest.mark.parametrize("beta", [1.0, (0.5,), ("a", "b"), (float("nan"), 1.0)])
def test_a_range_is_a_pair_of_numbers(beta):
    with pytest.raises(ConfigError, match=r"beta: expected \(low, high\)"):
        Haze(beta=beta)
