from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.weather.base import Degradation, check_range
from moei_toolkit.data.weather.choice import Choice
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.mixed import Mixed
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.data.weather.snow import Snow
from moei_toolkit.errors import ConfigError, DataError

WEATHERS = [
    Rain(),
    Rain(light="add", cover=4.0),
    Haze(),
    Snow(),
    Mixed(parts=[Rain(), Haze(), Snow()]),
    Choice(parts=[Rain(), Rain(light="add")]),
]
each_weather = pytest.mark.parametrize("weather", WEATHERS, ids=lambda weather: type(weather).__name__)


def error(weather: Degradation, photo, severity: float, seed: int) -> float:
    clean, depth = photo
    return float(np.abs(weather.apply(clean, depth, severity, np.random.default_rng(seed)) - clean).mean())


@each_weather
def test_error_grows_with_severity(weather, photo):
    for seed in range(5):
        errors = [error(weather, photo, severity, seed) for severity in (0.1, 0.4, 0.7, 1.0)]
        assert errors == sorted(errors)
        assert errors[-1] > 1.3 * errors[0]


@each_weather
def test_same_generator_state_gives_same_bytes_and_another_gives_others(weather, photo):
    first, again, other = (weather.apply(*photo, 0.6, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@each_weather
@pytest.mark.parametrize("shape", [(1, 1), (3, 5000), (5000, 3), (17, 31)])
def test_any_size_stays_a_picture(weather, shape):
    rng = np.random.default_rng(0)
    clean = rng.random((*shape, 3), dtype=np.float32)
    depth = rng.random(shape, dtype=np.float32)
    degraded = weather.apply(clean, depth, 1.0, rng)
    assert degraded.shape == clean.shape
    assert degraded.dtype == np.float32
    assert degraded.min() >= 0.0
    assert degraded.max() <= 1.0


@each_weather
def test_the_clean_picture_is_left_alone(weather, photo):
    before = photo[0].copy()
    weather.apply(*photo, 0.9, np.random.default_rng(0))
    assert np.array_equal(before, photo[0])


def test_bad_input_is_refused(photo):
    clean, depth = photo
    rng = np.random.default_rng(0)
    haze = Haze()
    broken = clean.copy()
    broken[3, 4, 1] = np.nan
    cases = [
        (clean[..., :1], depth, 0.5, "shape"),
        ((clean * 255).astype(np.uint8), depth, 0.5, "float32"),
        (clean * 2.5, depth, 0.5, "clean image"),
        (broken, depth, 0.5, "finite"),
        (clean[:0], depth[:0], 0.5, "shape"),
        (clean, depth[:-1], 0.5, "depth"),
        (clean, depth - 0.5, 0.5, "depth"),
        (clean, depth, 1.5, "severity"),
        (clean, depth, float("nan"), "severity"),
    ]
    for image, distance, severity, word in cases:
        with pytest.raises(DataError, match=word):
            haze.apply(image, distance, severity, rng)


def test_bad_parameters_are_refused_by_name():
    with pytest.raises(ConfigError, match="beta"):
        Haze(beta=(2.0, 1.0))
    with pytest.raises(ConfigError, match="opacity"):
        Rain(opacity=(0.5, 1.5))
    with pytest.raises(ConfigError, match="angle"):
        Rain(angle=(90.0, -1.0))
    with pytest.raises(ConfigError, match="density"):
        Snow(density=(float("nan"), 1.0))
    assert check_range("beta", [1, 2], 0, 3) == (1.0, 2.0)
