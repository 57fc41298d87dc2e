"""Lists of hashes come back whatever is in a name."""

from __future__ import annotations

import pytest
from row_examples import row

from moei_toolkit.artifact.sums import read_sums, row_problems, sum_problems, write_row_sums, write_sums
from moei_toolkit.errors import DataError, StoreError
from moei_toolkit.evaluation.rows import write_rows

ODD = "a\u2028b\u0085c  d"


def test_lines_end_where_they_are_said_to(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [row(ODD, "rain", "dense", "dense", 20.0)])
    write_row_sums(tmp_path / "rows.jsonl", tmp_path)
    assert list(read_sums(tmp_path / "rows.sha256")) == [f"dense  {ODD}"]
    assert list(row_problems(tmp_path / "rows.jsonl", tmp_path)) == []
    (tmp_path / ODD).write_text("1")
    write_sums(tmp_path)
    assert list(sum_problems(tmp_path)) == []
    (tmp_path / ODD).write_text("2")
    assert list(sum_problems(tmp_path)) == [f"{ODD} is not what SHA256SUMS lists"]


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\r\n"])
def test_a_name_of_several_lines_is_refused(tmp_path, name):
    write_rows(tmp_path / "rows.jsonl", [row(name, "rain", "dense", "dense", 20.0)])
    with pytest.raises(
        DataError, match=r"rows\.jsonl: policy and image 'dense  a\\.* expected a name without"
    ):
        write_row_sums(tmp_path / "rows.jsonl", tmp_path)
    (tmp_path / name).write_text("1")
    with pytest.raises(DataError, match=r"file 'a\\.* expected a name without ends of lines"):
        write_sums(tmp_path)
    assert not list(tmp_path.glob("*256*")) + list(tmp_path.glob("SHA*"))


@pytest.mark.parametrize("text", ["nonsense", f"{'0' * 64} one", f"{'0' * 64}  one\n" * 2])
def test_a_damaged_list(tmp_path, text):
    (tmp_path / "sums").write_text(text)
    with pytest.raises(StoreError, match=r"sums:\d: expected a hash, two spaces and a new name"):
        read_sums(tmp_path / "sums")


def test_no_list(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        read_sums(tmp_path / "sums")
