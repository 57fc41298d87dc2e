"""Whether a section that somebody else made is one, and what of it goes into a report."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.errors import DataError
from moei_toolkit.io.text import printable
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report_section import Drawing, ReportSection, Table

_SHOWN = 80  # characters of a value


def contribution_of(section: object, origin: object) -> Contribution:
    """Return what a section holds, each text on one line.

    Args:
        section: Should be a `ReportSection`.
        origin: Should be a sentence that says whose it is.

    Raises:
        DataError: If it is none, or holds what it must not; names the place.
    """
    if not isinstance(section, ReportSection):
        raise DataError(f"expected a ReportSection, got {_short(section)}")
    title = _line("title", section.title)
    if not title:
        raise DataError("title: expected a text that is not empty")
    if section.drawing is not None and section.table is None:
        raise DataError(f"section {title!r}: expected a table with the numbers behind its drawing, got none")
    return Contribution(
        title=title,
        origin=_line("origin", origin),
        paragraphs=_lines("paragraphs", section.paragraphs),
        table=None if section.table is None else _table(section.table),
    )


def check_drawing(drawing: object) -> Drawing:
    """Return a drawing with each of its texts on one line.

    Raises:
        DataError: If it is none.
    """
    if not isinstance(drawing, Drawing) or not callable(drawing.draw):
        raise DataError(f"drawing: expected a Drawing whose draw is a function, got {_short(drawing)}")
    title, caption = _line("drawing.title", drawing.title), _line("drawing.caption", drawing.caption)
    return Drawing(title, caption, drawing.draw)


def _table(table: object) -> Table:
    if not isinstance(table, Table):
        raise DataError(f"table: expected a Table, got {_short(table)}")
    header = _lines("table.header", table.header)
    rows = [_lines(f"table.rows[{at}]", row) for at, row in enumerate(_list("table.rows", table.rows))]
    for at, row in enumerate(rows):
        if len(row) != len(header) or not header:
            raise DataError(f"table.rows[{at}]: expected {len(header)} cells, one a column, got {len(row)}")
    return Table(_line("table.title", table.title), header, rows, _line("table.note", table.note))


def _lines(where: str, values: object) -> list[str]:
    return [_line(f"{where}[{at}]", value) for at, value in enumerate(_list(where, values))]


def _list(where: str, values: object) -> Sequence[object]:
    if not isinstance(values, list | tuple):
        raise DataError(f"{where}: expected a list, got {_short(values)}")
    return values


def _line(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise DataError(f"{where}: expected text, got {_short(value)}")
    return printable(" ".join(value.split()))


def _short(value: object) -> str:
    text = f"{type(value).__name__} {value!r}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
