"""Rows come back as they were written, and a file that does not hold rows is refused by line."""

from __future__ import annotations

import json
import math

import pytest
from row_examples import example, row

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.rows import SCHEMA_VERSION, read_rows, write_rows


@pytest.fixture
def path(tmp_path):
    write_rows(tmp_path / "rows.jsonl", example())
    return tmp_path / "rows.jsonl"


def test_what_is_read_is_what_was_written(path):
    assert read_rows(path) == example()


def test_every_row_is_a_line_of_json_with_the_schema_version(path):
    lines = path.read_text().splitlines()
    assert len(lines) == len(example())
    assert {json.loads(line)["schema"] for line in lines} == {SCHEMA_VERSION}


def test_the_same_rows_give_the_same_bytes(path, tmp_path):
    write_rows(tmp_path / "again.jsonl", example())
    assert (tmp_path / "again.jsonl").read_bytes() == path.read_bytes()


def test_no_rows_are_an_empty_file(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [])
    assert read_rows(tmp_path / "rows.jsonl") == []


def test_a_value_that_is_not_finite_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_rows(tmp_path / "rows.jsonl", [row("a", "rain", "dense", "dense", math.nan)])
    assert not (tmp_path / "rows.jsonl").exists()


def spoil(path, change) -> None:
    lines = path.read_text().splitlines()
    values = json.loads(lines[2])
    change(values)
    lines[2] = json.dumps(values)
    path.write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.pop("schema"), "expected rows with a schema version"),
        (lambda values: values.update(schema=99), f"expected rows of schema {SCHEMA_VERSION}, got 99"),
        (lambda values: values.pop("g_hash"), r"expected the fields .*'g_hash'"),
        (lambda values: values.update(extra=1), r"got .*'extra'"),
        (lambda values: values.update(schema=str(SCHEMA_VERSION)), "got '2'"),
        (lambda values: values["metrics"].update(psnr=math.nan), "NaN is no JSON"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_its_line(path, change, said):
    spoil(path, change)
    with pytest.raises(DataError, match=said) as caught:
        read_rows(path)
    assert f"{path}:3:" in str(caught.value)


HUGE = 10**400


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": 3}, "expected id to be text, got 3"),
        ({"route": ""}, "expected route to be text, got ''"),
        ({"degradation": None}, "expected degradation to be text, got None"),
        ({"severity": "0.5"}, "expected severity to be a finite number, got '0.5'"),
        ({"severity": 1.5}, r"expected severity in \[0, 1\], got 1.5"),
        ({"error": None}, "expected error to be a finite number, got None"),
        ({"error": True}, "expected error to be a finite number, got True"),
        ({"error": HUGE}, "expected error to be a finite number, got 1000"),
        ({"abstained": 0}, "expected abstained to be true or false, got 0"),
        ({"metrics": [20.0]}, r"expected metrics to be finite numbers by name, got \[20.0\]"),
        ({"metrics": {"psnr": "20"}}, "expected metrics to be finite numbers by name"),
        ({"metrics": {"psnr": None}}, "expected metrics to be finite numbers by name"),
        ({"metrics": {"ssim": 0.5}}, r"expected metrics with 'psnr', got \['ssim'\]"),
        ({"cost": {}}, r"expected cost with 'gflops', got \[\]"),
        ({"confidence": 1.01}, r"expected confidence in \[0, 1\], got 1.01"),
        ({"probabilities": {"wet": -0.5, "gray": 1.5}}, r"expected wet in \[0, 1\], got -0.5"),
        ({"policy": "actual"}, "expected the probability of every expert, got none"),
    ],
)
def test_a_wrong_value_is_named_by_line_image_and_policy(path, change, said):
    spoil(path, lambda values: values.update(change))
    image, policy = change.get("id", "one-rain-0"), change.get("policy", "expert.wet")
    with pytest.raises(DataError, match=said) as caught:
        read_rows(path)
    assert f"{path}:3, image {image!r}, policy {policy!r}: " in str(caught.value)


def test_a_number_too_large_for_a_float_is_refused(path):
    path.write_text(path.read_text().replace('"error": 0.05', '"error": 1e999'))
    with pytest.raises(DataError, match="expected error to be a finite number, got inf"):
        read_rows(path)


def test_whole_numbers_are_numbers(path):
    spoil(path, lambda values: values.update(severity=1, metrics={"psnr": 20, "ssim": 1}))
    assert read_rows(path)[2].metrics == {"psnr": 20.0, "ssim": 1.0}


@pytest.mark.parametrize("line", ["{", "", "3", "[]", "null", "[" * 100_000])
def test_a_line_that_is_no_row_is_named(path, line):
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(DataError, match=f"rows.jsonl:{len(example()) + 1}: expected a JSON object"):
        read_rows(path)


def test_names_with_other_ends_of_lines_come_back(tmp_path):
    rows = [row("a\u2028b\u0085c", "rain", "dense", "dense", 20.0)]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows(tmp_path / "rows.jsonl") == rows
