"""Where two results differ first, said so that a person can look it up."""

from __future__ import annotations

import bisect
import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

Grid = Sequence[Sequence[str]]
"""Rows of cells, the header first."""

_RELATIVE, _ABSOLUTE = 1e-9, 1e-12  # other machines may add up in another order
_NOTHING = object()
_SHOWN = 80  # characters of a value
_BEFORE = 20  # characters of a long line that are shown before those that differ


def first_difference(expected: Any, got: Any, path: str = "") -> str | None:
    """Return the path of the first value of ``got`` that is not as expected, and both; None when all are.

    Args:
        expected: Plain data, as JSON has it.
        got: The same.
        path: Of the two.
    """
    return next(differences(expected, got, path), None)


def differences(expected: Any, got: Any, path: str = "") -> Iterator[str]:
    """Yield every difference; the arguments are those of `first_difference`."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        pairs = [
            (_join(path, key), expected.get(key, _NOTHING), got.get(key, _NOTHING))
            for key in _keys(expected, got)
        ]
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(expected, got, strict=True))]
    else:
        pairs = []
        if not _equal(expected, got):
            yield f"{path}: expected {_short(expected)}, got {_short(got)}"
    for inner, one, other in pairs:
        yield from differences(one, other, inner)


def csv_difference(expected: str, got: str, names: int) -> str | None:
    """Return the first cell that differs, by row and column; the first ``names`` columns name a row."""
    grid, other = (list(csv.reader(io.StringIO(text))) for text in (expected, got))
    return _grid_difference(grid, other, names)


def markdown_differences(expected: str, got: str) -> Iterator[str]:
    """Yield the first cell that differs of every table, or else the first line that does."""
    tables, others = _tables(expected), _tables(got)
    differs = False
    for title in _keys(tables, others):
        if title not in others or title not in tables:
            found: str | None = "is missing" if title not in others else "is one too many"
        else:
            found = _grid_difference(tables[title], others[title], 1)
        if found:
            differs = True
            yield f"table {title!r}: {found}"
    if not differs and (difference := text_difference(expected, got)):
        yield difference


def text_difference(expected: str, got: str) -> str | None:
    """Return the first line that differs, from shortly before where it does."""
    if expected == got:
        return None
    lines = zip_longest(expected.splitlines(keepends=True), got.splitlines(keepends=True), fillvalue="")
    number, line, other = next((at, *pair) for at, pair in enumerate(lines, 1) if pair[0] != pair[1])
    letters = enumerate(zip_longest(line, other))
    start = max(0, next(at for at, (one, another) in letters if one != another) - _BEFORE)
    return f"line {number}: expected {_short(line[start:])}, got {_short(other[start:])}"


def passage_difference(expected: str, text: str) -> str | None:
    """Return where a passage that should be part of a text stops being one; None if it is."""
    if expected in text:
        return None
    # Every longer beginning of the passage is missing too, so that the longest one there can be bisected.
    end = bisect.bisect_left(range(len(expected)), True, key=lambda at: expected[: at + 1] not in text)
    start = max(0, end - _BEFORE)
    found = text.index(expected[:end]) + start
    return f"expected {_short(expected[start:])}, got {_short(text[found : found + 2 * _SHOWN])}"


def _tables(text: str) -> dict[str, Grid]:
    tables: dict[str, list[list[str]]] = {}
    title = ""
    for line in text.splitlines():
        if line.startswith("#"):
            title = line.lstrip("# ")
        elif line.startswith("|") and not line.startswith("| --- "):
            tables.setdefault(title, []).append(line.removeprefix("| ").removesuffix(" |").split(" | "))
    return dict(tables)


def _grid_difference(expected: Grid, got: Grid, names: int) -> str | None:
    if not expected or not got or list(expected[0]) != list(got[0]):
        return f"expected the columns {[*expected[:1]]}, got {[*got[:1]]}"
    if len(expected) != len(got):
        return f"expected {len(expected) - 1} rows, got {len(got) - 1}"
    header = expected[0]
    for number, (row, other) in enumerate(zip(expected[1:], got[1:], strict=True), 1):
        if len(row) != len(other):
            return f"row {number}: expected {len(row)} cells, got {len(other)}"
        for column, one, another in zip(header, row, other, strict=True):
            if one != another and not _equal(_number(one), _number(another)):
                name = ", ".join(row[:names])
                return f"row {number} ({name}), column {column!r}: expected {one!r}, got {another!r}"
    return None


def _keys(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    return [*first, *(key for key in second if key not in first)]


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else str(key)


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _equal(expected: Any, got: Any) -> bool:
    if isinstance(expected, float | int) and isinstance(got, float | int):
        same_kind = isinstance(expected, bool) == isinstance(got, bool)
        return same_kind and math.isclose(expected, got, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return bool(expected == got)


def _short(value: Any) -> str:
    text = "nothing" if value is _NOTHING else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
