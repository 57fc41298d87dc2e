"""Estimates rise with the severity of weather, stay low on clean pictures, and are numbers for any pixels."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pytest
from scipy.stats import spearmanr

from moei_toolkit.data.layouts.embedded import load_photo, train_photos
from moei_toolkit.data.photos import PHOTOS
from moei_toolkit.data.scenes.make import make_scene
from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.library import LibraryFog, LibraryRain, LibrarySnow
from moei_toolkit.data.weather.mixed import Mixed
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.data.weather.signs import haze, rain, snow
from moei_toolkit.data.weather.snow import Snow
from moei_toolkit.errors import DataError

WEATHER = {"haze": Haze(), "rain": Rain(), "snow": Snow()}
ESTIMATORS = {"haze": haze.SEVERITY, "rain": rain.SEVERITY, "snow": snow.SEVERITY}
SEVERITIES = (0.0, 0.25, 0.6, 1.0)
AT_LEAST = {"haze": 0.7, "rain": 0.85, "snow": 0.8}


@dataclass(frozen=True)
class Judged:
    """Severities and estimates of one weather, (scenes, severities)."""

    severity: np.ndarray
    estimate: np.ndarray


def held_out_scenes():
    """Yield scenes that no weight was fitted on: the test photographs, and generated ones of another seed."""
    for photo in PHOTOS:
        if photo.split == "test":
            yield photo.name, *load_photo(photo, 512, 0)
    for number in range(14):
        rng = np.random.default_rng([999, number])
        yield f"scene-{number}", *make_scene(320, 384, rng, train_photos())


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    severities: dict[str, list[list[float]]] = {name: [] for name in WEATHER}
    estimates: dict[str, list[list[float]]] = {name: [] for name in WEATHER}
    for scene, pixels, depth in held_out_scenes():
        clean = pixels.astype(np.float32) / np.float32(255.0)
        for name, weather in WEATHER.items():
            rng = np.random.default_rng([crc32(scene.encode()), crc32(name.encode())])
            drawn = [max(0.0, severity - 0.1 * rng.random()) for severity in SEVERITIES]
            seed = rng.integers(2**32)
            seen = [pixels] + [
                weathered(weather.apply(clean, depth, severity, np.random.default_rng(seed)))
                for severity in drawn[1:]
            ]
            severities[name].append(drawn)
            estimates[name].append([WEATHER[name].estimate(image) for image in seen])
    return {name: Judged(np.array(severities[name]), np.array(estimates[name])) for name in WEATHER}


def weathered(image: np.ndarray) -> np.ndarray:
    return (image * 255.0 + 0.5).astype(np.uint8)


@pytest.mark.parametrize("weather", WEATHER)
def test_estimates_rank_images_that_were_not_fitted(judged, weather):
    severity, estimate = judged[weather].severity.ravel(), judged[weather].estimate.ravel()
    assert severity.size >= 60
    assert spearmanr(severity, estimate).statistic >= AT_LEAST[weather]


@pytest.mark.parametrize("weather", WEATHER)
def test_more_of_the_same_weather_over_one_scene_looks_more_severe(judged, weather):
    estimate = judged[weather].estimate
    assert np.all(np.diff(estimate.mean(0)) > 0.05)
    steps = np.diff(estimate, axis=1)
    assert (steps >= 0.0).mean() > 0.9


@pytest.mark.parametrize("weather", WEATHER)
def test_clean_pictures_come_out_low_and_heavy_weather_high(judged, weather):
    estimate = judged[weather].estimate
    assert estimate[:, 0].mean() < 0.2
    assert estimate[:, -1].mean() > 0.6
    assert estimate.min() >= 0.0
    assert estimate.max() <= 1.0


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)


@pytest.mark.parametrize("weather", WEATHER)
@pytest.mark.parametrize("level", [0, 1, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3), (700, 5), (5, 700), (600, 400)])
def test_pictures_with_nothing_in_them_give_numbers(weather, shape, level):
    estimate = WEATHER[weather].estimate(np.full((*shape, 3), level, np.uint8))
    assert estimate is not None
    assert 0.0 <= estimate <= 1.0


@pytest.mark.parametrize("weather", WEATHER)
def test_black_shows_no_weather(weather):
    assert WEATHER[weather].estimate(np.zeros((300, 400, 3), np.uint8)) < 0.35


@pytest.mark.parametrize("weather", WEATHER)
def test_the_type_of_the_pixels_changes_little(weather, noise):
    eight = WEATHER[weather].estimate(noise)
    sixteen = WEATHER[weather].estimate(noise.astype(np.uint16) * 257)
    single = WEATHER[weather].estimate(noise.astype(np.float32) / np.float32(255))
    assert sixteen == pytest.approx(eight, abs=0.02)
    assert single == pytest.approx(eight, abs=0.02)


@pytest.mark.parametrize(
    ("weather", "shape"), [("haze", (216, 384)), ("rain", (540, 60)), ("snow", (720, 80))]
)
def test_large_pictures_are_judged_by_a_reduced_copy(weather, shape):
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    small[:, : shape[1] // 2] = 90
    large = small.repeat(2, axis=0).repeat(2, axis=1)
    assert WEATHER[weather].estimate(large) == pytest.approx(WEATHER[weather].estimate(small), abs=1e-4)


def test_pixels_may_be_a_view_and_are_left_alone(noise):
    wide = np.concatenate([noise, noise], axis=1)
    view = wide[:, 128:]
    view.flags.writeable = False
    for weather in WEATHER:
        assert WEATHER[weather].estimate(view) == WEATHER[weather].estimate(noise)
    assert np.array_equal(wide[:, :128], noise)


def test_the_most_severe_part_of_a_mixture_counts(noise):
    rain, haze = (WEATHER[name].estimate(noise) for name in ("rain", "haze"))
    assert rain != haze
    assert Mixed(parts=[Rain(), Haze()]).estimate(noise) == max(rain, haze)


class Night(Degradation):
    def render(self, view, rng):
        return view.clean / 2


def test_who_does_not_know_says_none(noise):
    assert Night().estimate(noise) is None
    assert Mixed(parts=[Night()]).estimate(noise) is None
    assert Mixed(parts=[Night(), Snow()]).estimate(noise) == Snow().estimate(noise)


def test_weather_of_another_generator_is_judged_on_the_same_scale(noise):
    for other, own in ((LibraryRain(), Rain()), (LibrarySnow(), Snow()), (LibraryFog(), Haze())):
        assert other.estimate(noise) == own.estimate(noise)


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3))]
)
def test_other_shapes_and_types_are_refused(pixels):
    with pytest.raises(DataError, match=r"expected \(H, W, 3\) pixels"):
        Rain().estimate(pixels)


@pytest.mark.parametrize("weather", WEATHER)
def test_there_is_a_weight_for_every_sign(weather, noise):
    estimator = ESTIMATORS[weather]
    signs = estimator.measure(noise)
    assert signs.shape == (len(estimator.weights),)
    assert np.isfinite(signs).all()
