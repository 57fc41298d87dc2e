from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import pytest

from moei_toolkit.data.records import Record, read_records, write_records
from moei_toolkit.errors import DataError

ROW = Record(
    id="bridge-rain-0",
    dataset="embedded",
    scene_id="bridge",
    split="train",
    path_raw="pairs.lmdb#bridge-rain-0",
    path_gt="pairs.lmdb#bridge",
    width=640,
    height=427,
    degradation="rain",
    severity=0.625,
    capture_id="bridge",
    hash="0" * 64,
    source="photograph",
)


def test_round_trip(tmp_path):
    rows = [ROW, replace(ROW, id="ö-haze", degradation="haze", severity=1.0)]
    write_records(tmp_path / "meta.jsonl", rows)
    assert read_records(tmp_path / "meta.jsonl") == rows


@pytest.mark.parametrize("name", ["a\u2028b", "a\u0085b", "a\u202fb", "..", "a/b", "x" * 300, "a#b"])
def test_names_are_a_strangers(tmp_path, name):
    rows = [replace(ROW, id=name, scene_id=name, dataset=name, capture_id=name), ROW]
    write_records(tmp_path / "meta.jsonl", rows)
    assert read_records(tmp_path / "meta.jsonl") == rows


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x07", "a\x7f", "a\udcffb"])
@pytest.mark.parametrize("column", ["id", "dataset", "scene_id", "split", "degradation", "capture_id"])
def test_names_that_cannot_be_shown_are_neither_written_nor_read(tmp_path, name, column):
    path = tmp_path / "meta.jsonl"
    with pytest.raises(DataError, match=rf"meta\.jsonl:2: expected {column} to be text without control"):
        write_records(path, [replace(ROW, id="first"), replace(ROW, **{column: name})])
    assert not path.exists()
    path.write_text(json.dumps({**asdict(ROW), column: name}) + "\n")
    with pytest.raises(DataError, match=rf"meta\.jsonl:1: expected ({column} to be text|a JSON object)"):
        read_records(path)


@pytest.mark.parametrize("column", ["path_raw", "path_gt"])
def test_a_path_that_is_no_text_is_not_written(tmp_path, column):
    path = tmp_path / "meta.jsonl"
    with pytest.raises(DataError, match=r"meta\.jsonl:2: expected text that UTF-8 can hold, got .*a.udcffb"):
        write_records(path, [ROW, replace(ROW, **{column: "a\udcffb"})])
    assert list(tmp_path.iterdir()) == []


def test_severities_come_back_as_numbers(tmp_path):
    path = tmp_path / "meta.jsonl"
    path.write_text(json.dumps({**asdict(ROW), "severity": 1, "severity_estimate": 0}))
    (found,) = read_records(path)
    assert (type(found.severity), found.severity, found.severity_estimate) == (float, 1.0, 0.0)
    write_records(path, [replace(ROW, severity_estimate=0.25)])
    assert read_records(path)[0].severity_estimate == 0.25


def test_a_row_is_written_in_the_order_of_its_columns(tmp_path):
    write_records(tmp_path / "meta.jsonl", [ROW])
    text = (tmp_path / "meta.jsonl").read_text(encoding="utf-8")
    assert text == json.dumps(asdict(ROW), ensure_ascii=False) + "\n"
    assert text.endswith(
        '"severity_estimate": null, "shift": null, "perceptual_hash": "", "clean_hash": ""}\n'
    )


def test_rows_from_before_there_were_estimates_have_none(tmp_path):
    row = asdict(ROW)
    del row["severity_estimate"], row["shift"], row["perceptual_hash"]
    (tmp_path / "meta.jsonl").write_text(json.dumps(row))
    assert read_records(tmp_path / "meta.jsonl") == [ROW]


def test_a_million_rows_share_their_few_names(tmp_path):
    write_records(tmp_path / "meta.jsonl", [ROW, replace(ROW, id="other")])
    one, other = read_records(tmp_path / "meta.jsonl")
    assert one.split is other.split
    assert one.degradation is other.degradation


def test_an_empty_table_is_a_table(tmp_path):
    write_records(tmp_path / "meta.jsonl", [])
    assert read_records(tmp_path / "meta.jsonl") == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"width": "640"}, "width"),
        ({"height": True}, "height"),
        ({"height": 0}, "size"),
        ({"severity": 1.5}, "severity"),
        ({"severity": math.nan}, "NaN is no JSON"),
        ({"severity": None}, "severity"),
        ({"severity": True}, "severity to be float"),
        ({"perceptual_hash": "12"}, "16 hexadecimal digits, got '12'"),
        ({"shift": -0.5}, "a shift of 0 pixels or more, got -0.5"),
        ({"severity_estimate": "0.5"}, r"severity_estimate to be float \| None"),
        ({"severity_estimate": False}, "severity_estimate to be float"),
        ({"severity_estimate": -0.1}, r"severity_estimate in \[0, 1\], got -0.1"),
        ({"source": "painting"}, "source"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path, change, word):
    path = tmp_path / "meta.jsonl"
    good, bad = json.dumps(asdict(ROW)), json.dumps({**asdict(ROW), "id": "other", **change})
    path.write_text(f"{good}\n{bad}\n")
    with pytest.raises(DataError, match=rf"meta\.jsonl:2: .*{word}"):
        read_records(path)


@pytest.mark.parametrize("line", ["{", "[]", "", "\x00", "[" * 100_000, '{"id": "\\ud800"}'])
def test_a_line_that_is_no_row_is_named(tmp_path, line):
    path = tmp_path / "meta.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(DataError, match=r"meta\.jsonl:1"):
        read_records(path)


def test_a_missing_column_is_named(tmp_path):
    row = asdict(ROW)
    del row["hash"]
    (tmp_path / "meta.jsonl").write_text(json.dumps(row))
    with pytest.raises(DataError, match="hash"):
        read_records(tmp_path / "meta.jsonl")


def test_one_id_twice_is_refused(tmp_path):
    write_records(tmp_path / "meta.jsonl", [ROW, ROW])
    with pytest.raises(DataError, match=r":2: .*line 1"):
        read_records(tmp_path / "meta.jsonl")


def test_missing_and_binary_files(tmp_path):
    with pytest.raises(DataError, match=r"none\.jsonl"):
        read_records(tmp_path / "none.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"binary\.jsonl"):
        read_records(tmp_path / "binary.jsonl")
