"""How severe a storm is, by the picture alone: the more of it, the more, and little in clear weather."""

from __future__ import annotations

import numpy as np
import pytest
from moei_sandstorm.signs import SEVERITY
from moei_sandstorm.weather import Sandstorm
from scipy.stats import spearmanr

from moei_toolkit.data.layouts.embedded import train_photos
from moei_toolkit.data.scenes.make import make_scene

SEVERITIES = (0.0, 0.25, 0.6, 1.0)


@pytest.fixture(scope="module")
def estimates() -> np.ndarray:
    """Of scenes that nothing was fitted on, (scenes, severities); the first is clear weather."""
    storm, found = Sandstorm(), []
    for number in range(12):
        pixels, depth = make_scene(192, 256, np.random.default_rng([999, number]), train_photos())
        clean = pixels.astype(np.float32) / np.float32(255)
        drawn = [storm.apply(clean, depth, one, np.random.default_rng(number)) for one in SEVERITIES[1:]]
        found.append([storm.estimate(image) for image in (clean, *drawn)])
    return np.array(found)


def test_a_stronger_storm_looks_stronger(estimates):
    assert np.all(np.diff(estimates.mean(0)) > 0.05)
    assert (np.diff(estimates, axis=1) >= 0).mean() > 0.85
    assert spearmanr(np.tile(SEVERITIES, len(estimates)), estimates.ravel()).statistic > 0.65


def test_clear_weather_comes_out_low(estimates):
    assert estimates[:, 0].mean() < 0.25
    assert estimates[:, -1].mean() > 0.5


def test_of_two_veils_the_orange_one_is_a_storm():
    gray, orange = (np.full((60, 80, 3), colour, np.uint8) for colour in ((140, 140, 140), (220, 140, 60)))
    assert Sandstorm().estimate(orange) > 0.2 + Sandstorm().estimate(gray)


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (700, 5)])
def test_there_is_a_weight_for_every_sign_of_a_picture_of_any_size(shape):
    signs = SEVERITY.measure(np.full((*shape, 3), 90, np.uint8))
    assert signs.shape == (len(SEVERITY.weights),)
    assert np.isfinite(signs).all()
