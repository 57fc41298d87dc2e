"""Rows that are not what was measured are named."""

from __future__ import annotations

import dataclasses

import pytest
from row_examples import row
from tampering import complaints as found_in
from tampering import cover_up, edit_json, edit_row, replace_text
from tiny_artifact import EXPERTS, measured_of_example, rows_as_measured

from moei_toolkit.artifact.measured_rows import measurement_problems


def found(image: str = "", policy: str = "", **changes):
    rows = [
        dataclasses.replace(one, **changes) if (one.id, one.policy) == (image, policy) else one
        for one in rows_as_measured()
    ]
    return list(measurement_problems(rows, measured_of_example(), list(EXPERTS)))


def test_rows_as_they_were_measured():
    assert found() == []


@pytest.mark.parametrize(
    ("policy", "changes", "expected"),
    [
        ("dense", {"metrics": {"psnr": 25, "ssim": 24 / 50}}, "metrics.psnr: expected 24, got 25"),
        ("input", {"error": 0.5}, "error: expected 0.05, got 0.5"),
        ("expert.wet", {"cost": {"gflops": 1.0}}, "cost.gflops: expected 1.5, got 1.0"),
        ("expert.gray", {"g_hash": "0123456789abcdef"}, "g_hash: expected "),
        ("oracle", {"route": "gray"}, "route: expected 'wet', got 'gray'"),
        ("actual", {"severity": 0.4}, "severity: expected 0.5, got 0.4"),
    ],
)
def test_a_row_of_something_else(policy, changes, expected):
    (line,) = found("one-rain-0", policy, **changes)
    assert line.startswith(f"image 'one-rain-0', policy {policy!r}: {expected}")
    assert line.endswith("; expected is what was measured")


def test_a_policy_that_was_not_measured_and_one_without_a_row():
    rows = [one for one in rows_as_measured() if (one.id, one.policy) != ("one", "dense")]
    rows.append(row("one", "clean", "single.rain", "single.rain", 30))
    lines = list(measurement_problems(rows, measured_of_example(), list(EXPERTS)))
    assert [line.partition(":")[0] for line in lines] == [
        "image 'one', policy 'dense'",
        "image 'one', policy 'single.rain'",
    ]


def test_what_top2_mixes_is_not_among_the_measurements():
    rows = [*rows_as_measured(), row("one", "clean", "top2", "wet+gray", 30)]
    assert list(measurement_problems(rows, measured_of_example(), list(EXPERTS))) == []


def test_images_without_rows_and_rows_without_measurements():
    rows = [one for one in rows_as_measured() if one.id != "one"]
    measured = [image for image in measured_of_example() if image.id != "one-rain-0"]
    assert list(measurement_problems(rows, measured, list(EXPERTS))) == [
        "image 'one' has no rows",
        "image 'one-rain-0' has no measurement",
    ]


def test_a_hash_of_another_descriptor_in_all_rows_of_an_image_under_all_new_hashes(unpacked):
    for policy in ("input", "dense", "expert.wet", "expert.gray", "actual", "oracle"):
        edit_row(unpacked, "one", policy, lambda values: values.update(g_hash="0123456789abcdef"))
    cover_up(unpacked, manifests=True, rows=True, card=True)
    assert "image 'one', policy 'dense': g_hash: expected " in found_in(unpacked)


def test_a_measurement_under_all_new_hashes(unpacked):
    replace_text(unpacked / "stages/measure/measurements.jsonl", '"psnr": 24', '"psnr": 25')
    cover_up(unpacked, manifests=True, card=True)
    expected = "image 'one-rain-0', policy 'dense': metrics.psnr: expected 25, got 24"
    assert expected in found_in(unpacked)


def test_descriptors_of_other_images(unpacked):
    edit_json(unpacked / "stages/measure/descriptors.json", lambda about: about["info"].update(ids=["other"]))
    cover_up(unpacked, manifests=True, card=True)
    assert "expected descriptors of the images in measurements.jsonl, got others" in found_in(unpacked)
