"""The summary of hand-made rows is what one gets by hand."""

from __future__ import annotations

import json
import random

import pytest
from row_examples import TASK_OF_EXPERT, example, rows_of

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.summary import expert_gains, summarize_rows


@pytest.fixture(scope="module")
def summary():
    return summarize_rows(example(), TASK_OF_EXPERT)


def test_quality_is_the_mean_per_weather_and_policy(summary):
    quality = summary["quality"]
    assert quality.keys() == {"rain", "haze"}
    assert quality["rain"]["input"]["psnr"] == 21
    assert quality["rain"]["dense"]["psnr"] == 25
    assert quality["rain"]["actual"]["psnr"] == (28 + 20) / 2
    assert quality["rain"]["oracle"]["psnr"] == 29
    assert quality["haze"]["actual"]["psnr"] == (19 + 18) / 2
    assert quality["haze"]["expert.gray"]["psnr"] == 20
    assert quality["rain"]["dense"]["ssim"] == pytest.approx(25 / 50)


def test_macro_is_the_mean_over_weathers_without_clean(summary):
    macro = summary["macro"]
    assert macro["input"]["psnr"] == (21 + 11) / 2
    assert macro["dense"]["psnr"] == (25 + 17) / 2
    assert macro["actual"]["psnr"] == (24 + 18.5) / 2


def test_macro_does_not_weigh_weathers_by_their_images(summary):
    more = rows_of("three-rain-0", "rain", {"input": 21, "dense": 25, "wet": 29, "gray": 19}, wet=0.9)
    assert summarize_rows([*example(), *more], TASK_OF_EXPERT)["macro"]["dense"] == summary["macro"]["dense"]


def test_clean_images_are_apart(summary):
    assert summary["clean"]["actual"] == {"min_psnr": 37, "mean_psnr": 37}
    assert summary["clean"]["dense"] == {"min_psnr": 40, "mean_psnr": 40}
    assert "input" not in summary["clean"]
    assert summary["images"] == {"haze": 2, "rain": 2, "clean": 1}


def test_the_worst_clean_image_counts(summary):
    worse = rows_of("two", "clean", {"input": 100, "dense": 30, "wet": 31, "gray": 20}, wet=0.8)
    found = summarize_rows([*example(), *worse], TASK_OF_EXPERT)["clean"]["actual"]
    assert found == {"min_psnr": 31, "mean_psnr": 34}


def test_decisions_by_hand(summary):
    found = summary["decisions"]
    # The second rain image was given to "gray"; the abstained one would have been right.
    assert found["agreement"] == 3 / 4
    assert found["abstained"] == 1 / 4
    assert found["oracle_gap_psnr"] == (0 + 10 + 0 + 3) / 4
    assert found["share"] == {"wet": 1 / 4, "gray": 2 / 4, "dense": 1 / 4}
    # Confidences 0.9, 0.7, 0.8, 0.55 lie in four bins, of which one image each is right, wrong, right, right.
    assert found["ece"] == pytest.approx((0.1 + 0.7 + 0.2 + 0.45) / 4)
    assert found["bins"] == 15


def test_an_expert_is_compared_with_the_weather_it_serves(summary):
    assert summary["decisions"]["agreement_with_weather"] == 3 / 4
    assert summary["decisions"]["oracle_is_weather"] == 1.0


def test_the_order_of_rows_does_not_matter(summary):
    rows = example()
    random.Random(0).shuffle(rows)
    shuffled = summarize_rows(rows, TASK_OF_EXPERT)
    assert shuffled["macro"] == summary["macro"]
    assert shuffled["decisions"].pop("share") == summary["decisions"]["share"]
    expected = {name: value for name, value in summary["decisions"].items() if name != "share"}
    assert shuffled["decisions"] == pytest.approx(expected)


def test_the_summary_is_plain_json(summary):
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_gains_of_experts_on_their_own_task():
    assert expert_gains(example(), TASK_OF_EXPERT) == {"wet": 29 - 25, "gray": 20 - 17}


def without(name: str, policy: str):
    return [row for row in example() if (row.id, row.policy) != (name, policy)]


@pytest.mark.parametrize("policy", ["input", "dense", "expert.wet", "actual", "oracle"])
def test_an_image_that_lacks_a_policy_is_named(policy):
    with pytest.raises(DataError, match=f"'one-haze-0': expected one row per policy .*'{policy}'"):
        summarize_rows(without("one-haze-0", policy), TASK_OF_EXPERT)


@pytest.mark.parametrize("policy", ["input", "dense", "actual", "oracle"])
def test_a_policy_that_is_missing_altogether_is_named(policy):
    with pytest.raises(DataError, match=f"expected one row per policy .*'{policy}'"):
        summarize_rows([row for row in example() if row.policy != policy], TASK_OF_EXPERT)


def test_a_row_that_is_there_twice_is_refused():
    with pytest.raises(DataError, match="'one-rain-0'"):
        summarize_rows([*example(), example()[0]], TASK_OF_EXPERT)


@pytest.mark.parametrize("rows", [[], [row for row in example() if row.degradation == "clean"]])
def test_without_degraded_images_there_is_no_summary(rows):
    with pytest.raises(DataError, match="expected rows of degraded images"):
        summarize_rows(rows, TASK_OF_EXPERT)


def test_a_router_that_sends_most_images_to_one_expert_has_collapsed():
    decisions = summarize_rows(example(), TASK_OF_EXPERT)["decisions"]
    assert decisions["largest_share"] == 0.75
    assert decisions["collapsed"]
    balanced = [row for row in example() if row.id in ("one-rain-0", "one-haze-0")]
    assert not summarize_rows(balanced, TASK_OF_EXPERT)["decisions"]["collapsed"]


def test_equally_good_experts_are_both_right():
    tied = rows_of("one-rain-0", "rain", {"input": 20, "dense": 24, "wet": 28, "gray": 28}, wet=0.1)
    assert summarize_rows(tied, TASK_OF_EXPERT)["decisions"]["agreement"] == 1
