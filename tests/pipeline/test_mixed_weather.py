"""A stage that draws mixed weather depends on the code of every part."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.config.loader import load_config, validate_config
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.pipeline.running.components import component_version
from moei_toolkit.pipeline.running.fingerprint import recipe_of
from moei_toolkit.registration.construction import parts_of, types_in

RAW = load_config(Path(__file__).parents[2] / "configs" / "moei_rain_haze_snow.py").model_dump()
SLEET = {
    "type": "mixed",
    "parts": [{"type": "rain"}, {"type": "snow", "radius": 0.5}],
    "strength": [0.5, 1.0],
}


def data_stage():
    raw = {**RAW, "tasks": {**RAW["tasks"], "snow": {**RAW["tasks"]["snow"], "degradation": SLEET}}}
    return make_chain(validate_config(raw, "test"))[0]


def test_parts_are_components_of_the_stage():
    assert {name for kind, name in data_stage().components if kind == "degradations"} == {
        "rain",
        "haze",
        "mixed",
        "snow",
    }


def test_the_code_of_a_part_is_in_the_recipe():
    recipe = recipe_of(data_stage(), 0, {}, component_version)
    assert {"degradations/mixed", "degradations/snow"} <= recipe["components"].keys()
    assert recipe["section"]["degradations"]["snow"] == SLEET


def test_only_components_and_lists_of_them_are_parts():
    assert parts_of(SLEET) == {"parts": SLEET["parts"]}
    assert list(types_in(SLEET)) == ["mixed", "rain", "snow"]
    others = {"one": {"of": "b"}, "none": [], "numbers": (1, 2), "half": [{"type": "b"}, 3]}
    assert parts_of({"type": "a", **others}) == {}
    nested = {"type": "a", "parts": ({"type": "b", "other": {"type": "c"}},)}
    assert list(types_in(nested)) == ["a", "b", "c"]
