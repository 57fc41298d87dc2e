"""Spaces are plain data; what they stand for depends on the config, whatever its experts are called."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from moei_toolkit.config.loader import load_config, validate_config
from moei_toolkit.config.search_space import Choices, Interval, SearchSpace, Variant
from moei_toolkit.errors import ConfigError
from moei_toolkit.tuning.planning.variants import draw_variants, expand, list_variants, value_at, vary
from moei_toolkit.tuning.spaces import ablations, grid

SMOKE = load_config(Path(__file__).parents[3] / "configs" / "smoke.py")


def raw_with(*experts: str, equal: bool = True) -> dict[str, Any]:
    """The smoke config with experts of these names."""
    raw = copy.deepcopy(SMOKE.model_dump())
    one = raw["experts"]["rain"]
    raw["experts"] = {name: copy.deepcopy(one) for name in experts}
    raw["dense_equal"] = raw["dense_equal"] if equal else None
    return raw


@pytest.mark.parametrize("experts", [("dust",), ("rain", "haze"), tuple("abcdefg")])
@pytest.mark.parametrize("equal", [True, False])
def test_the_reduction_of_every_expert_and_of_the_rival_if_there_is_one(experts, equal):
    paths = [
        path
        for pattern in ablations.REDUCTION_PATHS
        for path in expand(pattern, raw_with(*experts, equal=equal))
    ]
    rival = ["dense_equal.expert.reduction"] if equal else []
    assert paths == [*(f"experts.{name}.expert.reduction" for name in experts), *rival]
    changed = vary(
        raw_with(*experts, equal=equal), Variant(name="r", factor="r", overrides=dict.fromkeys(paths, 0.5))
    )
    assert {section.expert.arguments["reduction"] for section in changed.experts.values()} == {0.5}
    assert (changed.dense_equal is None) != equal
    if changed.dense_equal:
        assert changed.dense_equal.expert.arguments["reduction"] == 0.5


def test_nothing_else_changes():
    variant = next(one for one in ablations.SPACE.variants if one.name == "r 1/32")
    before, after = SMOKE.model_dump(), vary(SMOKE.model_dump(), variant).model_dump()
    for name in before["experts"]:
        assert after["experts"][name]["expert"].pop("reduction") == 1 / 32
        assert before["experts"][name]["expert"].pop("reduction") == 1 / 16
    assert after["dense_equal"]["expert"].pop("reduction") == 1 / 32
    before["dense_equal"]["expert"].pop("reduction")
    assert after == before


def test_every_combination_once():
    variants = list_variants(grid.SPACE)
    assert len(variants) == len({variant.name for variant in variants}) == 2 * 3 * 3 * 5
    assert len({tuple(variant.overrides.items()) for variant in variants}) == 90
    assert variants[0].name == "r 0.03125, beta 20, alpha 0, tau None"
    for variant in variants:
        vary(SMOKE.model_dump(), variant)


def test_the_ablations_are_one_factor_at_a_time():
    assert {variant.factor for variant in ablations.SPACE.variants} >= {
        "distillation",
        "calibration",
        "abstention",
        "alpha",
        "r",
        "beta",
        "tau",
        "experts at once",
        "routing inside",
        "descriptor",
        "window",
        "overlap",
        "misrouted",
    }
    for variant in ablations.SPACE.variants:
        assert vary(SMOKE.model_dump(), variant)


def test_a_wrong_path_is_told_with_what_was_meant():
    misspelt = Variant(name="steeper", factor="beta", overrides={"router.betta": 50.0})
    with pytest.raises(ConfigError, match=r"(?s)variant 'steeper': .*router\.betta.*Did you mean 'beta'"):
        vary(SMOKE.model_dump(), misspelt)
    with pytest.raises(ConfigError, match=r"'experts.rein'. Did you mean 'rain'"):
        vary(SMOKE.model_dump(), Variant(name="x", factor="x", overrides={"experts.rein.task": "rain"}))
    with pytest.raises(ConfigError, match="nothing in the config is called clouds"):
        vary(SMOKE.model_dump(), Variant(name="x", factor="x", overrides={"clouds.*.beta": 1}))
    half = Variant(name="x", factor="x", overrides={"router.beta": 50.0, "expert.*.task": "rain"})
    with pytest.raises(ConfigError, match=r"nothing in the config is called expert\.\*\.task$"):
        vary(SMOKE.model_dump(), half)


def test_samples_lie_in_the_space_and_follow_from_the_seed():
    space = SearchSpace(
        name="mine",
        factors={
            "beta": Interval(paths=["router.beta"], low=1.0, high=1000.0, log=True),
            "alpha": Choices(paths=["router.alpha"], values=[0.0, 0.1]),
            "rate": Interval(paths=["router.learning_rate"], low=1e-4, high=1e-2),
        },
    )
    found = draw_variants(space, 200, seed=3)
    betas = [variant.overrides["router.beta"] for variant in found]
    assert len(found) == 200
    assert all(1 <= beta <= 1000 for beta in betas)
    assert (
        0.3 < sum(beta < 31.6 for beta in betas) / 200 < 0.7
    )  # half the orders of magnitude, half the samples
    assert {variant.overrides["router.alpha"] for variant in found} == {0.0, 0.1}
    assert found == draw_variants(space, 200, seed=3) != draw_variants(space, 200, seed=4)
    assert draw_variants(space, 5, seed=3) == found[:5]
    with pytest.raises(ConfigError, match="beta, rate can take any value"):
        list_variants(space)


@pytest.mark.parametrize("log", [False, True])
def test_whole_numbers_are_drawn_with_both_ends(log):
    steps = Interval(paths=["router.iterations"], low=1, high=4, log=log, whole=True)
    found = draw_variants(SearchSpace(name="mine", factors={"steps": steps}), 9, seed=0)
    assert {one.name for one in found} == {f"steps {count}" for count in (1, 2, 3, 4)}
    assert {vary(SMOKE.model_dump(), one).router.iterations for one in found} == {1, 2, 3, 4}


def test_a_small_space_has_no_more_samples_than_variants():
    space = SearchSpace(name="mine", factors={"a": Choices(paths=["router.alpha"], values=[0.0, 0.05])})
    assert sorted(one.name for one in draw_variants(space, 9, seed=0)) == ["a 0", "a 0.05"]


def test_lists_cannot_be_sampled():
    with pytest.raises(ConfigError, match="'ablations' is a list"):
        draw_variants(ablations.SPACE, 3, seed=0)


def test_the_value_that_a_config_has():
    assert value_at(SMOKE.model_dump(), grid.SPACE.factors["r"]) == 1 / 16
    assert value_at(SMOKE.model_dump(), grid.SPACE.factors["tau"]) is None
    assert value_at(SMOKE.model_dump(), Choices(paths=["nothing?.x"], values=[1])) is None


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({}, "either variants or factors"),
        (
            {"variants": [{"name": "a", "factor": "f"}], "factors": {"b": {"paths": ["c"], "values": [1]}}},
            "either variants or factors",
        ),
        ({"variants": [{"name": "a", "factor": "f"}] * 2}, "different names"),
        ({"variants": [{"name": "as it is", "factor": "f"}]}, "different names"),
        ({"factors": {"b": {"paths": ["c"], "low": 2.0, "high": 1.0}}}, "low < high"),
        ({"factors": {"b": {"paths": ["c"], "low": 0.0, "high": 1.0, "log": True}}}, "0 < low < high"),
        ({"factors": {"b": {"paths": [], "values": [1]}}}, "not to be empty"),
        ({"factors": {"b": 5}}, r"factors\.b"),
        ({"factors": {name: {"paths": ["d"], "values": [1]} for name in "bc"}}, r"got \['d'\] twice"),
        ({"variants": [{"name": "a", "factor": "f", "policy": "best"}]}, "actual"),
    ],
)
def test_what_is_no_space(attributes, said):
    with pytest.raises(ValueError, match=said):
        SearchSpace(name="mine", **attributes)


def test_validated_configs_are_equal_to_the_original():
    assert (
        vary(SMOKE.model_dump(), Variant(name="same", factor="x", overrides={"router.beta": 20.0})) == SMOKE
    )
    assert validate_config(SMOKE.model_dump(), "x") == SMOKE
