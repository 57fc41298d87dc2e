"""The weather that tests use is buildable, and drawn from where training never draws from."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.data.weather.snow import CLASSES, Snow
from moei_toolkit.registry import DEGRADATIONS

CONFIGS = Path(__file__).parents[2] / "configs"
WEATHER = {
    path.stem: read_python_file(path)["weather"] for path in sorted((CONFIGS / "weather").glob("*.py"))
}
MIXED = {name: DEGRADATIONS.build(cfg) for name, cfg in WEATHER["mixed"].items()}
APART = {
    Rain: ("length", "density", "brightness"),
    Haze: ("airlight", "beta", "patchiness"),
    Snow: ("drag", "brightness"),
}
"""Ranges that do not meet those of training, which are the defaults."""


def parts(kind: type):
    return [part for mixed in MIXED.values() for part in mixed.parts if isinstance(part, kind)]


@pytest.mark.parametrize("name", WEATHER)
def test_everything_can_be_built(name):
    assert all(DEGRADATIONS.build(cfg) for cfg in WEATHER[name].values())


def test_what_there_is():
    assert list(WEATHER["mixed"]) == ["rain_haze", "snow_haze", "rain_snow_haze"]
    for name, mixed in MIXED.items():
        assert "_".join(type(part).__name__.lower() for part in mixed.parts) == name
    assert list(WEATHER["shifted"]) == ["rain", "haze", "snow"]


@pytest.mark.parametrize("kind", APART)
def test_ranges_do_not_meet_those_of_training(kind):
    assert parts(kind)
    for name in APART[kind]:
        low, high = inspect.signature(kind).parameters[name].default
        for part in parts(kind):
            lowest, highest = getattr(part, name)
            assert highest < low or high < lowest, (name, (lowest, highest))


def test_rain_falls_in_other_directions():
    training = Rain()
    for part in parts(Rain):
        assert abs(part.angle[0] - training.angle[0]) > part.tilt + training.tilt
        assert part.width > training.width


def test_flakes_of_each_class_are_larger_and_cover_more():
    training = Snow()
    for part in parts(Snow):
        for kind in CLASSES:
            assert kind.radius[0] * part.radius > kind.radius[1] * training.radius
        assert part.density[0] * part.cover > training.density[1] * training.cover


def test_the_main_config_trains_on_the_defaults():
    tasks = read_python_file(CONFIGS / "moei_rain_haze_snow.py")["tasks"]
    assert {name: task["degradation"] for name, task in tasks.items()} == {
        name: {"type": name} for name in ("rain", "haze", "snow")
    }
