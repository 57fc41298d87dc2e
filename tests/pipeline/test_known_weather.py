"""Data sets name the weather that their images show; the degradation of that name says how severe it is."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.errors import RegistryError
from moei_toolkit.pipeline.known_weather import KnownWeather
from moei_toolkit.registry import DEGRADATIONS

NOISE = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)


class Dust(Degradation):
    """Somebody's weather, which says 0.25 of everything."""

    def render(self, view, rng):
        return view.clean

    def estimate(self, pixels):
        return 0.25


class Needy(Dust):
    """One that cannot be built by its name alone."""

    def __init__(self, strength: float) -> None:
        self.strength = strength


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Both, as a module that a config imports would register them."""
    monkeypatch.setattr(DEGRADATIONS, "_module_dict", dict(DEGRADATIONS.module_dict))
    DEGRADATIONS.register_module(name="dust_of_a_test")(Dust)
    DEGRADATIONS.register_module(name="needy_of_a_test")(Needy)


def estimate(name: str, configured: dict[str, Degradation] | None = None) -> float | None:
    weather = KnownWeather(configured or {}).find(name)
    return weather.estimate(NOISE) if weather else None


def test_a_registered_name_is_known():
    assert estimate("rain") == Rain().estimate(NOISE)
    assert estimate("dust_of_a_test") == 0.25


@pytest.mark.parametrize(
    "name", ["rain_haze", "haze+rain", "Rain-Haze", "rain_haze_rain", "rain_streaks_haze"]
)
def test_the_most_severe_part_of_a_name_counts(name):
    rain, haze = Rain().estimate(NOISE), Haze().estimate(NOISE)
    assert rain != haze
    assert estimate(name) == max(rain, haze)


def test_what_a_config_calls_so_comes_first():
    assert estimate("rain", {"rain": Dust()}) == 0.25
    assert estimate("storm", {"storm": Dust()}) == 0.25
    assert estimate("storm_clean", {"storm": Dust()}) == 0.25


@pytest.mark.parametrize("name", ["clean", "night", "", "rainy", "lowlight_blur", "mixed", "needy_of_a_test"])
def test_other_names_say_nothing(name):
    assert estimate(name) is None


def test_a_broken_one_is_not_passed_over():
    class NoWeather:
        pass

    DEGRADATIONS.register_module(name="broken_of_a_test")(NoWeather)
    with pytest.raises(RegistryError, match="broken_of_a_test"):
        estimate("broken_of_a_test")
