"""What is not there is said with its reason; what is there keeps its sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from row_examples import DIRECTIONS, example, misrouted

from moei_toolkit.evaluation.checks import Missing
from moei_toolkit.evaluation.evidence import (
    fallback_gains,
    gains_or_reasons,
    gains_over_equal,
    share_or_reason,
)
from moei_toolkit.evaluation.objectives import Certainty
from moei_toolkit.evaluation.statistics.comparisons import compare_all


def test_a_specialist_whose_weather_was_not_tested_says_so():
    found = gains_or_reasons({"wet": 1.5}, {"wet": "rain", "white": "snow"})
    assert found == {"wet": 1.5, "white": Missing("no images of snow were tested")}


@pytest.mark.parametrize(
    ("weathers", "experts", "expected"),
    [
        (3, 3, 0.5),
        (1, 3, Missing("one weather only was tested")),
        (3, 1, Missing("there is one expert only")),
        (1, 1, Missing("there is one expert only")),
    ],
)
def test_a_share_needs_something_to_balance(weathers, experts, expected):
    assert share_or_reason(0.5, weathers, experts) == expected


def test_falling_back_is_judged_in_every_metric():
    assert fallback_gains(example(), DIRECTIONS) == pytest.approx({"psnr": -0.75, "ssim": -0.015})
    distance = {"psnr": True, "ssim": False}
    assert fallback_gains(example(), distance)["ssim"] == pytest.approx(0.015)


def test_what_misrouting_costs_is_no_harm_of_falling_back():
    assert fallback_gains(misrouted("one-rain-0", "gray"), DIRECTIONS) == fallback_gains(
        example(), DIRECTIONS
    )


def over_equal(shift: float, higher_is_better: bool = True):
    rows = example()
    equal = [
        replace(row, policy="dense-equal", metrics={"psnr": row.metrics["psnr"] - shift})
        for row in rows
        if row.policy == "actual"
    ]
    plain = [replace(row, metrics={"psnr": row.metrics["psnr"]}) for row in rows]
    pairs = [("actual", "dense-equal")]
    found = compare_all([*plain, *equal], pairs, {"psnr": higher_is_better}, np.random.default_rng(0))
    return gains_over_equal(found)["equal FLOPs, latency and memory"]["psnr"]


def test_a_gain_is_above_zero_when_moe_i_is_better():
    assert over_equal(2.0).difference == pytest.approx(2)
    assert over_equal(2.0, higher_is_better=False).difference == pytest.approx(-2)


def test_equal_differences_have_no_effect_size():
    certainty = over_equal(2.0).certainty
    assert isinstance(certainty, Certainty)
    assert certainty.cohens_d is None


def test_without_rivals_there_are_no_gains():
    pairs = [("actual", "dense")]
    found = compare_all(example(), pairs, DIRECTIONS, np.random.default_rng(0))
    assert gains_over_equal(found) == {}
