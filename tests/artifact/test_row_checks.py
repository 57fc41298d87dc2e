"""Rows of one image that cannot all be true are named."""

from __future__ import annotations

import dataclasses

import pytest
from row_examples import example, row, rows_of
from tiny_artifact import THRESHOLD, records_of_example

from moei_toolkit.artifact.row_checks import contradictions
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.types import TOP2


def found(image: str = "", policy: str = "", threshold: float = THRESHOLD, **changes):
    rows = [
        dataclasses.replace(row, **changes) if (row.id, row.policy) == (image, policy) else row
        for row in example()
    ]
    return list(contradictions(rows, records_of_example(), threshold))


def test_rows_that_agree():
    assert found() == []


def test_a_learned_rule_has_its_own_confidence():
    rows = [
        dataclasses.replace(one, confidence=0.9995) if one.policy == "actual" else one for one in example()
    ]
    learned = list(contradictions(rows, records_of_example(), THRESHOLD, "selective"))
    assert [line for line in learned if "confidence" in line] == []
    own = list(contradictions(rows, records_of_example(), THRESHOLD))
    assert any("expected the largest probability" in line for line in own)


@pytest.mark.parametrize(
    ("policy", "changes", "expected"),
    [
        ("actual", {"confidence": 0.95}, "confidence: expected the largest probability 0.9, got 0.95"),
        ("actual", {"probabilities": {"wet": 0.9, "gray": 0.2}}, "probabilities: expected a sum of 1"),
        ("actual", {"abstained": True}, "abstained: expected False, got True"),
        ("actual", {"route": "gray"}, "route: expected the most probable"),
        ("actual", {"route": "dense"}, "route: expected the most probable"),
        ("actual", {"route": "none"}, "route: expected one that has a row, got 'none'"),
        ("actual", {"error": 0.5}, "error: expected that of 'expert.wet'"),
        (
            "actual",
            {"metrics": {"psnr": 29, "ssim": 28 / 50}},
            "psnr: expected that of 'expert.wet', 28, got 29",
        ),
        ("actual", {"cost": {"gflops": 0.5}}, "gflops: expected that of 'expert.wet', 1.5, got 0.5"),
        ("oracle", {"metrics": {"psnr": 28, "ssim": 0.9}}, "ssim: expected that of 'expert.wet'"),
        ("oracle", {"route": "gray"}, "error: expected that of 'expert.gray'"),
        ("oracle", {"error": 0.01}, "error: expected the least of the experts"),
        ("dense", {"severity": 0.7}, "severity: expected 0.5 as in its record, got 0.7"),
        ("dense", {"scene_id": "two"}, "scene_id: expected 'one' as in its record, got 'two'"),
        ("dense", {"degradation": "haze"}, "degradation: expected 'rain' as in its record, got 'haze'"),
        ("dense", {"g_hash": "0"}, "its rows were made from different descriptors"),
        ("dense", {"g_hash": "nonsense"}, "g_hash: expected 16 hexadecimal digits, got 'nonsense'"),
        ("dense", {"route": "wet"}, "policy 'dense': route: expected 'dense', got 'wet'"),
        ("input", {"route": "dense"}, "policy 'input': route: expected 'input', got 'dense'"),
        ("expert.wet", {"route": "gray"}, "policy 'expert.wet': route: expected 'wet', got 'gray'"),
        ("dense", {"probabilities": {"wet": 1.0}}, "policy 'dense': expected no decision, got one"),
        ("oracle", {"confidence": 0.9}, "policy 'oracle': expected no decision, got one"),
        ("input", {"abstained": True}, "policy 'input': expected no decision, got one"),
    ],
)
def test_a_row_that_does_not_fit(policy, changes, expected):
    lines = found("one-rain-0", policy, **changes)
    assert any(expected in line for line in lines), lines
    assert all(line.startswith("image 'one-rain-0', ") for line in lines)


def with_two(route: str, wet: float, *more: Row):
    """What is found in one image with a row of Top-2, and others."""
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    rows = [*rows_of("one-rain-0", "rain", psnr, wet), row("one-rain-0", "rain", TOP2, route, 26), *more]
    records = [record for record in records_of_example() if record.id == "one-rain-0"]
    return list(contradictions(rows, records, 0.0))


@pytest.mark.parametrize(("route", "wet"), [("wet+gray", 0.9), ("gray+wet", 0.5), ("wet+gray", 0.5)])
def test_the_two_most_probable(route, wet):
    assert with_two(route, wet, row("one-rain-0", "rain", "single.rain", "single.rain", 27)) == []


@pytest.mark.parametrize("route", ["gray+wet", "wet", "wet+wet", "wet+dense"])
def test_a_mixture_of_others(route):
    (line,) = with_two(route, 0.9)
    assert line.endswith(f"route: expected the two most probable, 'wet+gray', got {route!r}")


def test_a_rival_on_the_route_of_another():
    (line,) = with_two("wet+gray", 0.9, row("one-rain-0", "rain", "dense-equal", "dense", 25))
    assert line.endswith("policy 'dense-equal': route: expected 'dense-equal', got 'dense'")


def test_a_threshold_that_was_not_kept():
    assert found(threshold=0.95)[0].endswith("abstained: expected True, got False")


def misrouted(*images: str, share: float):
    """What is found in the example where these images have gone to wet."""
    taken = {one.id: one for one in example() if one.policy == "expert.wet"}
    rows = [
        dataclasses.replace(
            one, route="wet", metrics=taken[one.id].metrics, error=taken[one.id].error, abstained=False
        )
        if one.id in images and one.policy == "actual"
        else one
        for one in example()
    ]
    return list(contradictions(rows, records_of_example(), THRESHOLD, misrouted=share))


def test_images_that_were_sent_to_another_expert_on_purpose():
    assert misrouted("one-haze-0", share=0.2) == []
    assert misrouted("two-haze-0", share=0.2) == [], "one that had fallen back to dense"
    (line,) = misrouted("one-haze-0", share=0.0)
    assert line.endswith("route: expected the most probable, dense if abstained, got 'wet'")
    assert misrouted("one-haze-0", "two-rain-0", share=0.2) == [
        "images sent to another expert than was decided: expected at most 1, got 2"
    ]


def test_images_without_rows_and_rows_without_images():
    rows = [row for row in example() if row.id != "one"]
    records = [record for record in records_of_example() if record.id != "one-rain-0"]
    assert list(contradictions(rows, records, THRESHOLD)) == [
        "image 'one' has no rows",
        "image 'one-rain-0' has no record",
    ]
