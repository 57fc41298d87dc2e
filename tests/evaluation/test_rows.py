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
        (lambda values: values.pop("schema"), "expected a JSON object with a schema version"),
        (lambda values: values.update(schema=99), f"expected rows of schema {SCHEMA_VERSION}, got 99"),
        (lambda values: values.pop("g_hash"), r"expected the fields .*'g_hash'"),
        (lambda values: values.update(extra=1), r"got .*'extra'"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_its_line(path, change, said):
    spoil(path, change)
    with pytest.raises(DataError, match=said) as caught:
        read_rows(path)
    assert f"{path}:3:" in str(caught.value)


@pytest.mark.parametrize("line", ["{", "", "3", "[]", "null"])
def test_a_line_that_is_no_row_is_named(path, line):
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(DataError, match=f"rows.jsonl:{len(example()) + 1}: expected a JSON object"):
        read_rows(path)


def test_a_missing_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(DataError, match=r"cannot read rows from .*absent"):
        read_rows(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"cannot read rows from .*binary"):
        read_rows(tmp_path / "binary")
