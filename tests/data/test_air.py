"""On a day without weather, distance fades into the sky and what is near does not."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.scenes.air import THICKEST, fade_distance
from moei_toolkit.data.scenes.kinds import SCENE_KINDS
from moei_toolkit.data.scenes.make import NEAR_OR_DARK


def ramp() -> tuple[np.ndarray, np.ndarray]:
    """Dark ground that reaches from the lower border to a pale sky."""
    depth = np.linspace(1.0, 0.0, 11, dtype=np.float32)[:, None].repeat(4, axis=1)
    colour = np.full((11, 4, 3), 0.1, np.float32)
    colour[0] = [0.7, 0.8, 0.9]
    return colour, depth


def test_koschmieders_law():
    colour, depth = ramp()
    beta = np.random.default_rng(3).uniform(0.0, THICKEST)
    faded = fade_distance(colour, depth, np.random.default_rng(3))
    t = np.exp(-beta * depth)[..., None]
    np.testing.assert_allclose(faded, colour * t + np.array([0.7, 0.8, 0.9]) * (1 - t), rtol=1e-5)


def test_what_is_near_stays_and_what_is_far_fades():
    colour, depth = ramp()
    faded = fade_distance(colour, depth, np.random.default_rng(0))
    np.testing.assert_allclose(faded[-1], colour[-1], rtol=1e-6)
    np.testing.assert_allclose(faded[0], colour[0], rtol=1e-5)
    change = (faded - colour)[1:, 0, 0]
    assert (np.diff(change) < 0).all()
    assert faded.dtype == np.float32


def test_without_a_sky_the_air_is_pale_gray():
    depth = np.full((4, 4), 0.9, np.float32)
    faded = fade_distance(np.zeros((4, 4, 3), np.float32), depth, np.random.default_rng(1))
    assert np.ptp(faded) == pytest.approx(0)
    assert 0 < faded.mean() < 1 - np.exp(-THICKEST)


def test_kinds_without_air_exist():
    assert set(SCENE_KINDS) > NEAR_OR_DARK
