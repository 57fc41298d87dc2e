"""Cells of tables are text, and yet sort as numbers and show verdicts."""

from __future__ import annotations

import pytest

from moei_toolkit.report.blocks.cells import is_blank, is_numeric, number_in, verdict_in


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("27.10", 27.1),
        ("+0.56 dB", 0.56),
        ("-0.42 dB", -0.42),
        ("\N{MINUS SIGN}3", -3),
        ("86.1%", 86.1),
        ("3.2 to 4.1", 3.2),
        ("+0.29 to +0.77", 0.29),
        ("<= 0.030", 0.03),
        ("> -1", -1),
        ("\N{LESS-THAN OR EQUAL TO}5%", 5),
        ("1,234,567", 1234567),
        ("1.5e-05", 1.5e-5),
        (".5", 0.5),
        ("12/24", 12),
        ("0.0% (confidence below 0.00)", 0),
    ],
)
def test_the_number_a_cell_begins_with(cell, number):
    assert number_in(cell) == number


@pytest.mark.parametrize(
    "cell", ["", "-", "rain", "4K images", "14c916d726e3", "2026-11-25", "1.2.3", "O1", "+", "dB 3", "nan"]
)
def test_what_is_no_number(cell):
    assert number_in(cell) is None


def test_a_column_is_numeric_when_all_that_is_there_is():
    assert is_numeric(["1", "-", "2 dB", "", "not measured"])
    assert not is_numeric(["1", "rain"])
    assert not is_numeric(["-", ""])
    assert [is_blank(cell) for cell in ("-", " ", "Not measured", "0", "no")] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [
        ("pass", "pass"),
        ("Fail", "fail"),
        ("not measured", "not measured"),
        ("fail: too few images", "fail"),
        ("not measured (no 4K data)", "not measured"),
        ("passes when >= 85%", ""),
        ("pass when >= 85%", ""),
        ("failure", ""),
        ("no pass", ""),
        ("", ""),
    ],
)
def test_verdicts(cell, verdict):
    assert verdict_in(cell) == verdict
