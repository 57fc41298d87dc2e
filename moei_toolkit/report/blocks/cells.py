"""What the text in the cell of a table means: a number, a verdict, or nothing."""

from __future__ import annotations

import re

BLANK = frozenset({"", "-", "\N{EN DASH}", "\N{EM DASH}", "n/a", "not measured", "not computed"})
"""Cells that stand for a value that is not there; they come last, however a table is sorted."""

MARKS = {"pass": "\N{CHECK MARK}", "fail": "\N{BALLOT X}", "not measured": "\N{WHITE CIRCLE}"}
"""Verdict -> the sign beside the word."""

_NUMBER = re.compile(
    r"[<>=~\u2264\u2265\u2248\s]*"  # a bound
    r"(?P<value>[+\-\u2212]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)"
    r"(?=$|[\s%/(,;\u00b0\u00b1\u00d7])",  # no name that begins with a digit, no date
    re.IGNORECASE,
)


def number_in(cell: str) -> float | None:
    """Return the number a cell begins with, such as ``+0.56 dB``, ``86.1%`` or ``3.2 to 4.1``, if it does.

    Units are not looked at: cells of one column have one unit.
    """
    found = _NUMBER.match(cell)
    return None if found is None else float(found["value"].replace(",", "").replace("\u2212", "-"))


def is_blank(cell: str) -> bool:
    """Tell whether a cell stands for a value that is not there."""
    return cell.strip().lower() in BLANK


def verdict_in(cell: str) -> str:
    """Return the verdict a cell is, or begins with before a reason; empty if it is none."""
    said = re.match(rf"({'|'.join(MARKS)})(?=$|[:;,(]| \()", cell.strip().lower())
    return said.group() if said else ""


def is_numeric(column: list[str]) -> bool:
    """Tell whether a column holds numbers, and nothing else where it holds anything."""
    told = [cell for cell in column if not is_blank(cell)]
    return bool(told) and all(number_in(cell) is not None for cell in told)
