"""A file of JSON lines is read as it is, and refused by line when it holds anything else."""

from __future__ import annotations

import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_lines import lines_of, read_json_lines, write_json_lines


def test_every_object_comes_with_its_place(tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text('{"a": 1}\n{"b": "\u2028\u0085"}\n', encoding="utf-8")
    assert list(read_json_lines(path)) == [(f"{path}:1", {"a": 1}), (f"{path}:2", {"b": "\u2028\u0085"})]


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", []), ("a", ["a"]), ("a\n", ["a"]), ("\n", [""]), ("a\r\nb\rc\n", ["a\r", "b\rc"])],
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


def test_a_file_that_was_stored_with_other_ends_of_lines_is_read(tmp_path):
    (tmp_path / "some.jsonl").write_bytes(b'{"a": 1}\r\n{"a":\r2}\r\n')
    assert [value for _, value in read_json_lines(tmp_path / "some.jsonl")] == [{"a": 1}, {"a": 2}]


def test_a_missing_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*absent"):
        lines_of(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"cannot read .*binary"):
        lines_of(tmp_path / "binary")


def test_what_is_written_is_read(tmp_path):
    values = [{"a": 1, "b": [None, 0.1]}, {"\u00fc\u2028": "x\r\ny\U0001f600"}]
    path = tmp_path / "some.jsonl"
    write_json_lines(path, iter(values))
    assert [value for _, value in read_json_lines(path)] == values
    assert path.read_text(encoding="utf-8").startswith('{"a": 1, "b": [null, 0.1]}\n{"\u00fc\u2028": ')


def test_half_a_character_is_not_written_and_the_old_file_stays(tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text("old")
    with pytest.raises(DataError, match=r"some\.jsonl:2: expected text that UTF-8 can hold, got '.*a.udcff"):
        write_json_lines(path, [{}, {"name": "a\udcff"}])
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_lines_are_written_and_read_one_at_a_time(tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text('{"a": 1}\nnot json\n')
    lines = read_json_lines(path)
    assert next(lines) == (f"{path}:1", {"a": 1})
    with pytest.raises(DataError, match=r"some\.jsonl:2"):
        next(lines)
