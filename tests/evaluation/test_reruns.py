from __future__ import annotations

import dataclasses

import pytest
from row_examples import example

from moei_toolkit.evaluation.reruns import compare_runs, other_pictures, unmatched_images
from moei_toolkit.types import ACTUAL, DENSE, INPUT


def shifted(by: dict[str, float], policy: str = DENSE):
    """The example with the PSNR of some images changed under one policy."""
    return [
        dataclasses.replace(row, metrics={**row.metrics, "psnr": row.metrics["psnr"] + by.get(row.id, 0.0)})
        if row.policy == policy
        else row
        for row in example()
    ]


def test_equal_runs():
    assert [
        (one.policy, one.images, one.median, one.largest, one.holds(0.05))
        for one in compare_runs(example(), example())
    ] == [
        (DENSE, 5, 0.0, 0.0, True),
        (ACTUAL, 5, 0.0, 0.0, True),
    ]
    assert unmatched_images(example(), example()) == []


@pytest.mark.parametrize(("sign"), [1, -1])
def test_the_median_image_decides_whatever_the_sign(sign):
    by = {"one-rain-0": 9.0, "two-rain-0": 0.04 * sign, "one-haze-0": 0.03 * sign, "two-haze-0": 0.06 * sign}
    dense, actual = compare_runs(example(), shifted(by))
    assert dense.median == pytest.approx(0.04)
    assert dense.largest == pytest.approx(9.0)
    assert (dense.holds(0.05), actual.holds(0.05)) == (True, True)
    assert not dense.holds(0.03)
    assert "median difference 0.0400 dB over 5 images (expected below 0.05 dB)" in dense.told(0.05)


@pytest.mark.parametrize("policy", [DENSE, ACTUAL])
def test_three_of_five_images_too_far_are_too_many(policy):
    by = dict.fromkeys(("one-rain-0", "two-rain-0", "one-haze-0"), 0.06)
    compared = compare_runs(example(), shifted(by, policy))
    assert {one.policy: one.holds(0.05) for one in compared} == {
        DENSE: policy != DENSE,
        ACTUAL: policy != ACTUAL,
    }


def test_images_of_one_run_only_are_named():
    less = [row for row in example() if row.id != "one-haze-0"]
    assert [one.images for one in compare_runs(less, example())] == [4, 4]
    assert unmatched_images(less, example()) == [
        f"{policy}: image 'one-haze-0' is only in the other run" for policy in (DENSE, ACTUAL)
    ]
    assert "is only in this run" in unmatched_images(example(), less)[0]


def test_images_that_were_degraded_otherwise_are_named():
    assert other_pictures(example(), example()) == []
    assert other_pictures(example(), shifted({"one-rain-0": 0.1}, INPUT)) == ["one-rain-0"]
    assert other_pictures(example(), shifted({"one-rain-0": 0.1}, DENSE)) == []


def test_runs_without_a_common_image():
    assert compare_runs([], example()) == []
    assert unmatched_images([], example()) == [
        f"{policy}: 5 images ('one', 'one-haze-0', 'one-rain-0' and 2 more) are only in the other run"
        for policy in (DENSE, ACTUAL)
    ]
