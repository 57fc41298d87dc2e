"""What a plugin adds to a report: data, which is shown in the look of everything else there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Table:
    """A titled table.

    Attributes:
        title: What it shows.
        header: Column names.
        rows: Cells, as text; the first column names the row.
        note: How to read it: units, colour space, what was averaged.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str


@dataclass(frozen=True)
class Drawing:
    """A drawing in the look of the report's own figures.

    Attributes:
        title: What it shows.
        caption: How to read it.
        draw: Draws it on the axes it is called with.
    """

    title: str
    caption: str
    draw: Callable[[Axes], None]


@dataclass(frozen=True)
class ReportSection:
    """A section of a report. Whatever is text in it is shown as text, never as HTML or Markdown.

    Attributes:
        title: Short; the table of contents names it.
        paragraphs: What it says, before its table and its drawing.
        table: Its numbers.
        drawing: Shows the numbers of the table, which it cannot do without: a reader can load them.
    """

    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    drawing: Drawing | None = None
