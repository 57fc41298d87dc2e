"""Rows of one image that cannot all be true are named."""

from __future__ import annotations

import dataclasses

import pytest
from row_examples import example
from tiny_artifact import THRESHOLD, records_of_example

from moei_toolkit.artifact.row_checks import contradictions


def found(image: str = "", policy: str = "", threshold: float = THRESHOLD, **changes):
    rows = [
        dataclasses.replace(row, **changes) if (row.id, row.policy) == (image, policy) else row
        for row in example()
    ]
    return list(contradictions(rows, records_of_example(), threshold))


def test_rows_that_agree():
    assert found() == []


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
        ("oracle", {"metrics": {"psnr": 28, "ssim": 0.9}}, "ssim: expected that of 'expert.wet'"),
        ("oracle", {"route": "gray"}, "error: expected that of 'expert.gray'"),
        ("oracle", {"error": 0.01}, "error: expected the least of the experts"),
        ("dense", {"severity": 0.7}, "severity: expected 0.5 as in its record, got 0.7"),
        ("dense", {"scene_id": "two"}, "scene_id: expected 'one' as in its record, got 'two'"),
        ("dense", {"degradation": "haze"}, "degradation: expected 'rain' as in its record, got 'haze'"),
        ("dense", {"g_hash": "0"}, "its rows were made from different descriptors"),
    ],
)
def test_a_row_that_does_not_fit(policy, changes, expected):
    lines = found("one-rain-0", policy, **changes)
    assert any(expected in line for line in lines), lines
    assert all(line.startswith("image 'one-rain-0', ") for line in lines)


def test_a_threshold_that_was_not_kept():
    assert found(threshold=0.95)[0].endswith("abstained: expected True, got False")


def test_images_without_rows_and_rows_without_images():
    rows = [row for row in example() if row.id != "one"]
    records = [record for record in records_of_example() if record.id != "one-rain-0"]
    assert list(contradictions(rows, records, THRESHOLD)) == [
        "image 'one' has no rows",
        "image 'one-rain-0' has no record",
    ]
