from __future__ import annotations

import cv2
import numpy as np
import pytest

from moei_toolkit.data.weather.base import View
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.errors import ConfigError


def view(height: int, width: int, severity: float) -> View:
    return View(np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32), severity)


def streak_angle(streaks: np.ndarray) -> float:
    """Return the dominant direction in degrees (90 is vertical) by the structure tensor."""
    across, down = cv2.Sobel(streaks, -1, 1, 0), cv2.Sobel(streaks, -1, 0, 1)
    jxx, jyy, jxy = (across**2).sum(), (down**2).sum(), (across * down).sum()
    normal = 0.5 * np.degrees(np.arctan2(2 * jxy, jxx - jyy))
    # Image rows grow downward, so the turn is mirrored.
    return float((90.0 - normal) % 180.0)


@pytest.mark.parametrize("angle", [65.0, 90.0, 112.0])
def test_streaks_fall_in_the_configured_direction(angle):
    rain = Rain(angle=(angle, 0.0))
    measured = [streak_angle(rain.streaks(view(240, 240, 0.6), np.random.default_rng(n))) for n in range(4)]
    assert np.mean(measured) == pytest.approx(angle, abs=4.0)


def test_directions_spread_but_stay_within_the_tilt():
    rain = Rain(angle=(90.0, 40.0), tilt=30.0)
    measured = [streak_angle(rain.streaks(view(200, 200, 0.6), np.random.default_rng(n))) for n in range(16)]
    assert min(measured) >= 55.0
    assert max(measured) <= 125.0
    assert np.std(measured) > 8.0


def test_cover_does_not_depend_on_the_size_of_the_picture():
    rain = Rain(length=(40.0, 40.0))
    covers = [
        np.mean([rain.streaks(view(side, side, 0.7), np.random.default_rng(n)).mean() for n in range(3)])
        for side in (384, 1080)
    ]
    assert covers[1] == pytest.approx(covers[0], rel=0.35)


def test_streaks_grow_with_the_picture():
    rain = Rain(length=(40.0, 40.0), angle=(90.0, 0.0))

    def run_length(side: int) -> float:
        streaks = rain.streaks(view(side, side, 0.3), np.random.default_rng(1))
        lag = side // 48
        together = (streaks[lag:] * streaks[:-lag]).mean() - streaks.mean() ** 2
        return float(together / streaks.var())

    assert run_length(384) == pytest.approx(run_length(1080), abs=0.2)
    assert run_length(1080) > 0.2


def test_no_drops_and_no_veil_leave_the_picture_alone(photo):
    rain = Rain(density=(0.0, 0.0), veil_beta=(0.0, 0.0))
    assert np.array_equal(rain.apply(*photo, 1.0, np.random.default_rng(0)), photo[0])


def test_light_rain_has_no_veil(photo):
    clean, depth = photo
    rain = Rain(density=(0.0, 0.0), veil_beta=(0.5, 0.5))
    assert np.array_equal(rain.apply(clean, depth, 0.5, np.random.default_rng(0)), clean)
    assert rain.apply(clean, depth, 1.0, np.random.default_rng(0)).mean() > clean.mean() + 0.02


def test_light_that_is_added_leaves_white_as_it_is(photo):
    clean, depth = photo
    white, black = np.ones_like(clean), np.zeros_like(clean)
    weather = Rain(light="add", opacity=(0.5, 0.5), brightness=(1.0, 1.0), veil_beta=(0.0, 0.0))
    rng = [np.random.default_rng(3) for _ in range(2)]
    np.testing.assert_array_equal(weather.apply(white, depth, 1.0, rng[0]), white)
    dark = weather.apply(black, depth, 1.0, rng[1])
    assert 0.4 < dark.max() <= 0.525


def test_cover_is_how_much_of_the_picture_is_rained_on(photo):
    clean, depth = photo
    once, thrice = (
        Rain(cover=cover).streaks(View(clean, depth, 0.5), np.random.default_rng(3)).mean()
        for cover in (1.0, 3.0)
    )
    assert 2 * once < thrice < 3.5 * once


def test_an_unknown_light_is_refused():
    with pytest.raises(ConfigError, match=r"light: unknown 'ad'\. .*'add'"):
        Rain(light="ad")
