"""A file of JSON lines is read as it is, and refused by line when it holds anything else."""

from __future__ import annotations

import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_lines import lines_of, read_json_lines


def test_every_object_comes_with_its_place(tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text('{"a": 1}\n{"b": "\u2028\u0085"}\n', encoding="utf-8")
    assert list(read_json_lines(path)) == [(f"{path}:1", {"a": 1}), (f"{path}:2", {"b": "\u2028\u0085"})]


@pytest.mark.parametrize(
    ("text", "lines"), [("", []), ("a", ["a"]), ("a\n", ["a"]), ("\n", [""]), ("a\r\nb\n", ["a", "b"])]
)
def test_only_an_end_of_line_ends_a_line(tmp_path, text, lines):
    (tmp_path / "some").write_bytes(text.encode())
    assert lines_of(tmp_path / "some") == lines


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"a": NaN}', "NaN is no JSON"),
        ('{"a": [-Infinity]}', "-Infinity is no JSON"),
        ('{"a": "\\udfff"}', "surrogates not allowed"),
        ('{"\\ud800": 1}', "surrogates not allowed"),
        ('{"a": ' * 100_000, "recursion"),
        ("9" * 10_000, "integer string"),
        ("", "Expecting value"),
        ("[]", "got list"),
        ("{} {}", "Extra data"),
    ],
)
def test_what_is_no_json_object_is_named_by_its_line(tmp_path, line, said):
    path = tmp_path / "some.jsonl"
    path.write_text(f"{{}}\n{line}\n")
    with pytest.raises(DataError, match=said) as caught:
        list(read_json_lines(path))
    assert str(caught.value).startswith(f"{path}:2: expected a JSON object, got ")


def test_a_missing_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*absent"):
        lines_of(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"cannot read .*binary"):
        lines_of(tmp_path / "binary")
