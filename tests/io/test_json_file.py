"""A file holds one JSON object, or it is said what is in its place."""

from __future__ import annotations

import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_file import read_object


def test_an_object(tmp_path):
    (tmp_path / "one.json").write_text('{"a": [1, "\u00fc"]}', encoding="utf-8")
    assert read_object(tmp_path / "one.json") == {"a": [1, "\u00fc"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[]", "got a list"),
        (b"3", "got a int"),
        (b'{"a": ', "Expecting value"),
        (b'"\xff"', "utf-8"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b"[-Infinity]", "-Infinity is no JSON"),
    ],
)
def test_anything_else(tmp_path, content, said):
    (tmp_path / "one.json").write_bytes(content)
    with pytest.raises(DataError, match=rf"one\.json: expected .*JSON.*{said}.*Make the file again"):
        read_object(tmp_path / "one.json")


def test_nothing(tmp_path):
    with pytest.raises(DataError, match=r"none\.json: expected JSON: .*No such file"):
        read_object(tmp_path / "none.json")
