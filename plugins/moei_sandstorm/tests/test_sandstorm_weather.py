"""Sandstorms take blue first, light everything between yellow and red, and grow with severity and height."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np
import pytest
from moei_sandstorm.dust import dust_light, extinction, scatter_forward, specks
from moei_sandstorm.weather import Sandstorm

from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.errors import ConfigError
from moei_toolkit.testing import check_degradation

SEEDS = range(20)


def gray(height: int = 96, width: int = 128, level: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """A gray picture, and a depth that grows from bottom to top."""
    depth = np.linspace(1, 0, height, dtype=np.float32)[:, None] + np.zeros((1, width), np.float32)
    return np.full((height, width, 3), level, np.float32), depth


def checkers(height: int, width: int, side: int) -> np.ndarray:
    rows, columns = np.indices((height, width)) // side
    return np.repeat(((rows + columns) % 2).astype(np.float32)[..., None], 3, axis=2)


def hue_and_saturation(colour: np.ndarray) -> tuple[float, float]:
    hue, saturation, _ = colorsys.rgb_to_hsv(*map(float, colour))
    return hue * 360, saturation


def apply(weather: Sandstorm | Haze, severity: float, seed: int, clean: np.ndarray, depth: np.ndarray):
    return weather.apply(clean, depth, severity, np.random.default_rng(seed))


def test_it_keeps_the_contract_of_degradations():
    check_degradation(Sandstorm)


@pytest.mark.parametrize("exponent", [0.8, 1.6, 2.4])
def test_extinction_grows_towards_blue(exponent: float):
    red, green, blue = extinction(exponent)
    assert red < green == 1 < blue


def test_extinction_without_an_exponent_is_gray():
    assert extinction(0.0).tolist() == [1, 1, 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_blue_is_attenuated_most(seed: int):
    """What is left of the contrast between black and white is what was transmitted."""
    weather = Sandstorm(grainy_share=0.0)
    (black, depth), (white, _) = gray(level=0.0), gray(level=1.0)
    left = (apply(weather, 0.8, seed, white, depth) - apply(weather, 0.8, seed, black, depth)).mean((0, 1))
    assert left[0] > left[1] > left[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_transmitted_light_follows_the_law(seed: int):
    """The logarithms of what is transmitted are to each other as the extinctions are."""
    weather = Sandstorm(grainy_share=0.0, overhead=0.0, exponent=(1.5, 1.5))
    (black, depth), (white, _) = gray(level=0.0), gray(level=1.0)
    left = apply(weather, 0.5, seed, white, depth) - apply(weather, 0.5, seed, black, depth)
    paths = -np.log(left.astype(np.float64))
    for channel, share in enumerate(extinction(1.5)):
        np.testing.assert_allclose(paths[..., channel], share * paths[..., 1], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_endless_dust_has_the_light_that_was_drawn(seed: int):
    weather = Sandstorm(beta=(20.0, 20.0), swell=(0.0, 0.0), grainy_share=0.0)
    clean, depth = gray()
    light = dust_light(
        weather.hue, weather.saturation, weather.brightness, weather.jitter, np.random.default_rng(seed)
    )
    np.testing.assert_allclose(apply(weather, 1.0, seed, clean, depth)[0, 0], light, atol=1e-4)


def test_casts_reach_from_yellow_to_orange_red_and_stay_there():
    weather = Sandstorm()
    rng = np.random.default_rng(0)
    limits = weather.hue, weather.saturation, weather.brightness
    lights = [dust_light(*limits, weather.jitter, rng) for _ in range(500)]
    hues, saturations = np.array([hue_and_saturation(light) for light in lights]).T
    largest = np.max(lights, axis=1)
    for values, (low, high) in zip((hues, saturations, largest), limits, strict=True):
        assert low - 1e-3 <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high + 1e-3
    assert np.corrcoef(hues, saturations)[0, 1] < -0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gray_picture_has_the_colour_of_dust_and_under_haze_it_has_none(seed: int):
    clean, depth = gray()
    hue, saturation = hue_and_saturation(apply(Sandstorm(), 0.6, seed, clean, depth).mean((0, 1)))
    assert 5 < hue < 50
    assert saturation > 0.15
    assert hue_and_saturation(apply(Haze(), 0.6, seed, clean, depth).mean((0, 1)))[1] < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_error_grows_with_severity(seed: int):
    clean, depth = gray()
    errors = [np.abs(apply(Sandstorm(), s, seed, clean, depth) - clean).mean() for s in np.linspace(0, 1, 9)]
    assert (np.diff(errors) > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_without_severity_next_to_nothing_happens(seed: int):
    clean, depth = gray()
    assert np.abs(apply(Sandstorm(), 0.0, seed, clean, depth) - clean).mean() < 0.03


def test_without_dust_nothing_happens():
    clean, depth = gray()
    assert np.array_equal(apply(Sandstorm(beta=(0.0, 0.0), grainy_share=0.0), 1.0, 0, clean, depth), clean)


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads():
    clean, depth = gray(200, 300)
    threads = cv2.getNumThreads()
    try:
        pictures = []
        for number in (1, 4):
            cv2.setNumThreads(number)
            pictures.append(apply(Sandstorm(grainy_share=1.0), 0.7, 3, clean, depth).tobytes())
    finally:
        cv2.setNumThreads(threads)
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_twice_the_size_is_the_same_weather(seed: int):
    weather = Sandstorm(grainy_share=0.0)
    (clean, depth), (large, far) = gray(240, 320), gray(480, 640)
    clean, large = checkers(240, 320, 24), checkers(480, 640, 48)
    small = apply(weather, 0.8, seed, clean, depth)
    reduced = cv2.resize(apply(weather, 0.8, seed, large, far), (320, 240), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced - small).max() < 0.04
    assert np.abs(reduced - small).mean() < 0.003


def test_what_is_far_is_blurred_more():
    """Steepness of edges as a share of their height, so that lost contrast does not count."""
    weather = Sandstorm(grainy_share=0.0, swell=(0.0, 0.0), blur=0.01)
    _, depth = gray(256, 256)
    dusty = apply(weather, 0.6, 0, checkers(256, 256, 16), depth)[..., 1]

    def steepness(rows: slice) -> float:
        piece = dusty[rows, 64:192]
        return float(np.abs(np.diff(piece, axis=1)).max() / np.ptp(piece))

    assert steepness(slice(2, 14)) < 0.8 * steepness(slice(242, 254))


def test_scattering_keeps_the_light():
    scene = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
    blurred = scatter_forward(scene, np.full((64, 64), 50, np.float32), 1.0, 2.0)
    assert abs(float(blurred.mean() - scene.mean())) < 0.01
    assert blurred.std() < 0.5 * scene.std()


def test_grains_cover_the_share_they_should_in_a_picture_of_any_height():
    def cover(height: int) -> float:
        """How bright grains make a black piece of a picture of this height."""
        piece = np.zeros((600, 600, 3), np.float32)
        return float(specks(piece, np.ones(3), 0.05, float(height), np.random.default_rng(0)).mean())

    assert cover(2160) == pytest.approx(cover(4320), rel=0.1)
    assert 0 < cover(540) < cover(2160)


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(ConfigError, match="hue: expected"):
        Sandstorm(hue=(50.0, 12.0))
