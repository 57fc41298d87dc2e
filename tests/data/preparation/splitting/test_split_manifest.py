"""A split manifest comes back as it was, and its hashes can be checked."""

from __future__ import annotations

import hashlib
import json

import pytest

from moei_toolkit.bench.against.records import make_record
from moei_toolkit.data.preparation.splitting.split_manifest import (
    SplitManifest,
    hash_splits,
    read_split_manifest,
    write_split_manifest,
)
from moei_toolkit.errors import DataError

MANIFEST = SplitManifest(
    seed=3,
    shares={"train": 0.75, "test": 0.25},
    captures={"\u00fc\u2028b": "test", "a": "train", "": "val"},
    images={"f" * 64: "test", "0" * 64: "train"},
    hashes={"train": "0" * 64},
)


def test_round_trip(tmp_path):
    write_split_manifest(tmp_path / "splits.json", MANIFEST)
    assert read_split_manifest(tmp_path / "splits.json") == MANIFEST


def test_the_order_of_captures_changes_no_byte(tmp_path):
    tables = ("captures", "images")
    turned = MANIFEST.model_copy(
        update={name: dict(reversed(getattr(MANIFEST, name).items())) for name in tables}
    )
    write_split_manifest(tmp_path / "one.json", MANIFEST)
    write_split_manifest(tmp_path / "other.json", turned)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_hashes_are_of_sorted_lines_whatever_the_order_of_records():
    records = [make_record(number) for number in range(4)]
    lines = sorted(record.hash + "\n" for record in records)
    expected = {"train": hashlib.sha256("".join(lines).encode()).hexdigest()}
    assert hash_splits(records) == hash_splits(reversed(records)) == expected
    assert hash_splits(records[1:]) != expected
    assert hash_splits([]) == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version"),
        ({"colour": "red"}, "colour"),
        ({"seed": "three"}, "seed"),
        ({"captures": {"a": "trian"}}, "captures.a"),
        ({"captures": ["a"]}, "captures"),
        ({"shares": {"train": None}}, "shares.train"),
        ({"shares": {"train": float("nan")}}, "shares.train"),
        ({"hashes": {"train": "0"}}, "hashes.train"),
        ({"images": {"0": "train"}}, "images.0"),
    ],
)
def test_another_file_is_refused_by_the_key_that_is_wrong(tmp_path, change, said):
    path = tmp_path / "splits.json"
    path.write_text(json.dumps({**MANIFEST.model_dump(mode="json"), **change}))
    with pytest.raises(DataError, match=rf"splits\.json is no split manifest .*: {said}.*Prepare the data"):
        read_split_manifest(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"a": 1}', b'{"seed": "\\ud800"}'])
def test_what_is_no_manifest_at_all_is_refused(tmp_path, content):
    path = tmp_path / "splits.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"splits\.json is no split manifest this toolkit can read"):
        read_split_manifest(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*splits\.json"):
        read_split_manifest(tmp_path / "splits.json")
