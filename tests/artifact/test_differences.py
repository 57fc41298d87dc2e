from __future__ import annotations

import pytest

from moei_toolkit.artifact.differences import (
    csv_difference,
    differences,
    first_difference,
    markdown_differences,
    passage_difference,
)


@pytest.mark.parametrize(
    ("expected", "got", "difference"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1.0}, {"a": 1}, None),
        ({"a": 0.1 + 0.2}, {"a": 0.3}, None),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1]: expected 2, got 3"),
        ({"a": 1, "b": 2}, {"b": 2}, "a: expected 1, got nothing"),
        ({"b": 2}, {"a": 1, "b": 2}, "a: expected nothing, got 1"),
        ({}, {"a": "nothing"}, "a: expected nothing, got 'nothing'"),
        ({"a": None}, {}, "a: expected None, got nothing"),
        ([1, 2], [1], ": expected [1, 2], got [1]"),
        ([{"a": 1}], [{"a": 2}], "[0].a: expected 1, got 2"),
        ({"a": True}, {"a": 1}, "a: expected True, got 1"),
        ({"a": None}, {"a": 0}, "a: expected None, got 0"),
        ({"a": 1e-7}, {"a": 2e-7}, "a: expected 1e-07, got 2e-07"),
        ({"a": float("nan")}, {"a": 1.0}, "a: expected nan, got 1.0"),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, "b: expected 1, got 2"),
        ({"a": {}}, {"a": []}, "a: expected {}, got []"),
    ],
)
def test_the_first_difference(expected, got, difference):
    assert first_difference(expected, got) == difference


def test_all_differences():
    expected, got = {"a": 1, "b": [1, {"c": 2}], "d": 4}, {"a": 2, "b": [1, {"c": 3}], "d": 4}
    assert list(differences(expected, got)) == ["a: expected 1, got 2", "b[1].c: expected 2, got 3"]


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        ("before <b>20.00</b> after", None),
        ("before <b>21.00</b> after", "expected '<b>20.00</b>', got '<b>21.00</b> after'"),
        ("<b>3</b> and <b>20.0</b>", "expected '<b>20.00</b>', got '<b>20.0</b>'"),
        ("<b>20.00", "expected '<b>20.00</b>', got '<b>20.00'"),
        ("x", "expected '<b>20.00</b>', got 'x'"),
        ("", "expected '<b>20.00</b>', got ''"),
    ],
)
def test_where_a_text_leaves_a_passage(text, difference):
    assert passage_difference("<b>20.00</b>", text) == difference


def test_a_long_passage_is_shown_where_it_differs():
    found = passage_difference("x" * 200 + "ab", "." + "x" * 200 + "cd")
    assert found == f"expected '{'x' * 20}ab', got '{'x' * 20}cd'"


def test_a_long_value_is_cut():
    assert first_difference("x" * 500, "y") == f": expected '{'x' * 79}..., got 'y'"


CSV = "data,weather,psnr\ntoy,rain,20.0\ntoy,haze,10.5\n"


@pytest.mark.parametrize(
    ("got", "difference"),
    [
        (CSV, None),
        (CSV.replace("10.5", "10.500000000000002"), None),
        (CSV.replace("10.5", "11"), "row 2 (toy, haze), column 'psnr': expected '10.5', got '11'"),
        (CSV.replace("haze", "snow"), "row 2 (toy, haze), column 'weather': expected 'haze', got 'snow'"),
        (CSV.replace("psnr", "ssim"), "expected the columns"),
        (CSV + "toy,snow,1\n", "expected 2 rows, got 3"),
        (CSV.replace(",10.5", ""), "row 2: expected 3 cells, got 2"),
        ("", "expected the columns"),
    ],
)
def test_the_first_cell_that_differs(got, difference):
    found = csv_difference(CSV, got, 2)
    assert found is None if difference is None else difference in found


MARKDOWN = """# Title

A sentence.

### PSNR

| weather | dense | MoE-I |
| --- | --- | --- |
| rain | 20.00 | 21.00 |
| haze | a \\| b |  |

A note.

### Empty first

|  | measured |
| --- | --- |
| agreement | 85% |
"""


@pytest.mark.parametrize(
    ("old", "new", "differences"),
    [
        ("", "", []),
        ("21.00", "22.00", ["table 'PSNR': row 1 (rain), column 'MoE-I': expected '21.00', got '22.00'"]),
        ("a \\| b", "a", ["table 'PSNR': row 2 (haze), column 'dense': expected 'a \\\\| b', got 'a'"]),
        (
            "85%",
            "86%",
            ["table 'Empty first': row 1 (agreement), column 'measured': expected '85%', got '86%'"],
        ),
        ("### PSNR", "### SSIM", ["table 'PSNR': is missing", "table 'SSIM': is one too many"]),
        ("A note.", "Another.", ["line 12: expected 'A note.\\n', got 'Another.\\n'"]),
        ("21.00", "21.0", ["line 9: expected ' rain | 20.00 | 21.00 |\\n', got ' rain | 20.00 | 21.0 |\\n'"]),
        ("| agreement | 85% |\n", "", ["table 'Empty first': expected 1 rows, got 0"]),
        ("# Title", "# Title\n\nMore.", ["line 3: expected 'A sentence.\\n', got 'More.\\n'"]),
        ("85% |\n", "85% |\nend\n", ["line 19: expected '', got 'end\\n'"]),
        ("85% |\n", "85% |", ["line 18: expected '| agreement | 85% |\\n', got '| agreement | 85% |'"]),
    ],
)
def test_differences_of_tables_and_text(old, new, differences):
    assert list(markdown_differences(MARKDOWN, MARKDOWN.replace(old, new, 1))) == differences


def test_a_long_line_is_shown_where_it_differs():
    (found,) = markdown_differences("x" * 200 + "a", "x" * 200 + "b")
    assert found == f"line 1: expected '{'x' * 20}a', got '{'x' * 20}b'"


def test_every_table_that_differs_is_named():
    got = MARKDOWN.replace("21.00", "22.00").replace("85%", "86%")
    assert [line.split(":")[0] for line in markdown_differences(MARKDOWN, got)] == [
        "table 'PSNR'",
        "table 'Empty first'",
    ]
