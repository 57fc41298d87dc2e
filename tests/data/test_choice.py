from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.weather.choice import Choice
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.library import LibraryFog
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.errors import ConfigError

BRIGHT = Haze(airlight=(1.0, 1.0), tint=0.0, beta=(20.0, 20.0), patchy_share=0.0)
DARK = Haze(airlight=(0.2, 0.2), tint=0.0, beta=(20.0, 20.0), patchy_share=0.0)


def levels(choice, photo, count=200) -> np.ndarray:
    clean, depth = photo
    drawn = (choice.apply(clean, np.ones_like(depth), 0.5, np.random.default_rng(i)) for i in range(count))
    return np.array([image.mean() for image in drawn])


def test_every_kind_is_drawn_as_often_as_its_weight_says(photo):
    bright = levels(Choice(parts=[BRIGHT, DARK], weights=[3, 1]), photo) > 0.5
    assert 0.65 < bright.mean() < 0.85
    assert levels(Choice(parts=[BRIGHT, DARK], weights=[0, 2]), photo, 20).max() < 0.5


def test_without_weights_kinds_are_drawn_equally_often(photo):
    assert 0.4 < (levels(Choice(parts=[BRIGHT, DARK]), photo) > 0.5).mean() < 0.6


def test_the_severity_does_not_change_which_kind_is_drawn(photo):
    clean, far = photo[0], np.ones_like(photo[1])
    choice = Choice(parts=[BRIGHT, DARK])
    for seed in range(10):
        mild, severe = (
            choice.apply(clean, far, severity, np.random.default_rng(seed)) for severity in (0.9, 1.0)
        )
        np.testing.assert_allclose(mild, severe, atol=1e-5)


def test_the_first_kind_tells_the_severity(photo):
    pixels = photo[0]
    assert Choice(parts=[Haze(), Rain()]).estimate(pixels) == Haze().estimate(pixels)
    assert Choice(parts=[LibraryFog(), Haze()]).estimate(pixels) == LibraryFog().estimate(pixels)


@pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0], [1, float("nan")], [[1, 2]]])
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ConfigError, match="expected one number of 0 or more for each of 2 parts"):
        Choice(parts=[Haze(), Rain()], weights=weights)


def test_what_is_no_weather_is_refused():
    with pytest.raises(ConfigError, match="parts: expected degradations"):
        Choice(parts=[])
    with pytest.raises(ConfigError, match="parts: expected degradations"):
        Choice(parts=["rain"])
