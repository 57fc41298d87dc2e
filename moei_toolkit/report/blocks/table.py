"""A table that its reader can sort."""

from __future__ import annotations

from dataclasses import dataclass

from moei_toolkit.errors import DataError
from moei_toolkit.report.blocks.cells import is_blank, is_numeric, number_in, verdict_in
from moei_toolkit.report.blocks.verdict import verdict
from moei_toolkit.report.markup import Markup, element, join
from moei_toolkit.report.tables.table import Table

LONG = 32
"""Cells with more characters may be broken into lines."""


@dataclass(frozen=True)
class SortableTable:
    """A table that its reader can sort.

    Attributes:
        table: What it shows; its first column names the rows.
    """

    table: Table

    def html(self) -> Markup:
        """Return it as HTML.

        Raises:
            DataError: If a row has another number of cells than the header.
        """
        width = len(self.table.header)
        for row in self.table.rows:
            if len(row) != width:
                raise DataError(
                    f"table {self.table.title!r}: expected {width} cells in a row, got {list(row)}"
                )
        note = element("p", self.table.note, class_="note")
        return element(
            "div",
            element("h3", self.table.title),
            *([self._body()] if self.table.rows else []),
            *([note] if self.table.note else []),
            class_="block table",
        )

    def _body(self) -> Markup:
        columns = [[row[at] for row in self.table.rows] for at in range(len(self.table.header))]
        numeric = [is_numeric(column) for column in columns]
        head = (
            element("th", name, scope="col", class_="number" if number else "text")
            for name, number in zip(self.table.header, numeric, strict=True)
        )
        rows = (
            element("tr", *(_cell(cell, at, numeric[at]) for at, cell in enumerate(row)))
            for row in self.table.rows
        )
        table = element(
            "table",
            element("thead", element("tr", *head)),
            element("tbody", *rows),
            class_="sortable",
        )
        # Whoever has no mouse scrolls a box by its focus.
        return element(
            "div", table, class_="scroll", tabindex="0", role="region", aria_label=self.table.title
        )


def _cell(text: str, column: int, numeric: bool) -> Markup:
    value = number_in(text) if numeric else None
    long = " long" if len(text) > LONG else ""
    return element(
        "td" if column else "th",
        _marked(text),
        class_=("number" if numeric else "text") + long,
        scope=False if column else "row",
        data_value=False if value is None else repr(value),
        data_blank=is_blank(text),
    )


def _marked(text: str) -> Markup:
    """Return the text of a cell, with a sign and a colour beside the word if it begins with a verdict."""
    said = verdict_in(text)
    if not said:
        return join(text)
    word = text.lstrip()[: len(said)]
    return join(verdict(word), text.lstrip()[len(said) :])
