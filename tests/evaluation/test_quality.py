"""The quality of hand-made rows is what one gets by hand."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, replace

import pytest
from row_examples import example, rows_of

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.quality import gains_over, judged_weathers, measure_quality

DIRECTIONS = {"psnr": True, "ssim": True}


@pytest.fixture(scope="module")
def quality():
    return measure_quality(example(), DIRECTIONS)


def test_the_mean_per_weather_and_policy(quality):
    weathers = quality.weathers
    assert weathers.keys() == {"rain", "haze"}
    assert weathers["rain"]["input"]["psnr"] == 21
    assert weathers["rain"]["dense"]["psnr"] == 25
    assert weathers["rain"]["actual"]["psnr"] == (28 + 20) / 2
    assert weathers["rain"]["oracle"]["psnr"] == 29
    assert weathers["haze"]["actual"]["psnr"] == (19 + 18) / 2
    assert weathers["haze"]["expert.gray"]["psnr"] == 20
    assert weathers["rain"]["dense"]["ssim"] == pytest.approx(25 / 50)


def test_macro_is_the_mean_over_weathers_without_clean(quality):
    assert quality.macro["input"]["psnr"] == (21 + 11) / 2
    assert quality.macro["dense"]["psnr"] == (25 + 17) / 2
    assert quality.macro["actual"]["psnr"] == (24 + 18.5) / 2


def test_macro_does_not_weigh_weathers_by_their_images(quality):
    more = rows_of("three-rain-0", "rain", {"input": 21, "dense": 25, "wet": 29, "gray": 19}, wet=0.9)
    assert measure_quality([*example(), *more], DIRECTIONS).macro["dense"] == quality.macro["dense"]


def test_the_harmonic_mean_over_weathers(quality):
    assert quality.hmean["dense"]["psnr"] == pytest.approx(2 / (1 / 25 + 1 / 17))
    assert quality.hmean["dense"]["psnr"] < quality.macro["dense"]["psnr"]


def test_a_distance_enters_as_one_minus_itself():
    rows = [replace(row, metrics={**row.metrics, "lpips": row.metrics["psnr"] / 100}) for row in example()]
    hmean = measure_quality(rows, {**DIRECTIONS, "lpips": False}).hmean
    assert hmean["dense"]["lpips"] == pytest.approx(1 - 2 / (1 / (1 - 0.25) + 1 / (1 - 0.17)))


def test_clean_images_are_apart(quality):
    assert quality.clean["actual"] == {"min_psnr": 37, "mean_psnr": 37}
    assert quality.clean["dense"] == {"min_psnr": 40, "mean_psnr": 40}
    assert "input" not in quality.clean
    assert quality.images == {"haze": 2, "rain": 2, "clean": 1}


def test_the_worst_clean_image_counts():
    worse = rows_of("two", "clean", {"input": 100, "dense": 30, "wet": 31, "gray": 20}, wet=0.8)
    found = measure_quality([*example(), *worse], DIRECTIONS).clean["actual"]
    assert found == {"min_psnr": 31, "mean_psnr": 34}


def test_the_order_of_rows_does_not_matter(quality):
    rows = example()
    random.Random(0).shuffle(rows)
    assert asdict(measure_quality(rows, DIRECTIONS)) == asdict(quality)


def test_gains_are_taken_on_the_weather_of_each_policy():
    policies = {"expert.wet": "rain", "expert.gray": "haze", "expert.white": "snow"}
    assert gains_over(example(), policies, "dense") == {"expert.wet": 29 - 25, "expert.gray": 20 - 17}


def without(name: str, policy: str):
    return [row for row in example() if (row.id, row.policy) != (name, policy)]


@pytest.mark.parametrize("policy", ["input", "dense", "expert.wet", "actual", "oracle"])
def test_an_image_that_lacks_a_policy_is_named(policy):
    with pytest.raises(
        DataError, match=rf"'one-haze-0': expected one row per policy .*missing \['{policy}'\]"
    ):
        measure_quality(without("one-haze-0", policy), DIRECTIONS)


@pytest.mark.parametrize("policy", ["input", "dense", "actual", "oracle"])
def test_a_policy_that_is_missing_altogether_is_named(policy):
    with pytest.raises(DataError, match=rf"missing \['{policy}'\]"):
        measure_quality([row for row in example() if row.policy != policy], DIRECTIONS)


@pytest.mark.parametrize("expert", ["wet", "gray"])
def test_an_expert_that_is_missing_altogether_is_named(expert):
    rows = [row for row in example() if row.policy != f"expert.{expert}"]
    with pytest.raises(DataError, match=rf"'one-rain-0': .*missing \['expert.{expert}'\]"):
        measure_quality(rows, DIRECTIONS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"degradation": "haze"}, r"one degradation, got \['haze', 'rain'\]"),
        ({"scene_id": "three"}, r"one scene_id, got \['one', 'three'\]"),
        ({"dataset": "other"}, r"one dataset, got \['other', 'toy'\]"),
        ({"severity": 0.75}, r"one severity, got \[0.5, 0.75\]"),
    ],
)
def test_policies_that_describe_one_image_differently_are_refused(change, said):
    rows = [replace(example()[0], **change), *example()[1:]]
    with pytest.raises(DataError, match=f"image 'one-rain-0': expected {said}"):
        measure_quality(rows, DIRECTIONS)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_metric_that_is_not_finite_is_refused(value):
    rows = [replace(example()[0], metrics={"psnr": value, "ssim": 0.5}), *example()[1:]]
    with pytest.raises(DataError, match=f"'one-rain-0', policy 'input': expected a finite psnr, got {value}"):
        measure_quality(rows, DIRECTIONS)


@pytest.mark.parametrize("name", ["macro", "H-mean"])
def test_a_weather_called_like_a_mean_is_refused(name):
    rows = [replace(row, degradation=name) if row.degradation == "rain" else row for row in example()]
    with pytest.raises(DataError, match=f"another name of a weather than '{name}'"):
        measure_quality(rows, DIRECTIONS)


def test_weathers_are_named_once_and_without_clean():
    assert judged_weathers(["snow", "clean", "rain", "snow"]) == ["rain", "snow"]


def test_a_row_that_is_there_twice_is_refused():
    with pytest.raises(DataError, match=r"'one-rain-0': .*more than once \['input'\]"):
        measure_quality([*example(), example()[0]], DIRECTIONS)


def test_a_row_that_lacks_a_metric_is_named():
    rows = [replace(example()[0], metrics={"psnr": 20.0}), *example()[1:]]
    with pytest.raises(
        DataError, match=r"'one-rain-0', policy 'input': expected the metrics \['psnr', 'ssim'\]"
    ):
        measure_quality(rows, DIRECTIONS)


@pytest.mark.parametrize("rows", [[], [row for row in example() if row.degradation == "clean"]])
def test_without_degraded_images_there_is_nothing_to_measure(rows):
    with pytest.raises(DataError, match="expected degraded images, got none"):
        measure_quality(rows, DIRECTIONS)
