"""What a plugin has added to a report: as a section of its page, and as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moei_toolkit.report.blocks.block import Block
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.blocks.layout import Section
from moei_toolkit.report.blocks.paragraph import Paragraph
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.tables.table import as_markdown
from moei_toolkit.report_section import Table


@dataclass(frozen=True)
class Contribution:
    """A section that a plugin has added.

    Attributes:
        title: Of the section.
        origin: Which plugin it is of, or how that plugin failed; a sentence.
        paragraphs: In order.
        table: Its numbers, if it has any.
    """

    title: str
    origin: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None

    def told(self) -> list[Block]:
        """Return everything in it that is text."""
        tables = [SortableTable(self.table)] if self.table else []
        return [*map(Paragraph, self.paragraphs), *tables]

    def section(self, figure: Figure | None = None) -> Section:
        """Return it as a section, with a drawing of its numbers if there is one."""
        return Section(self.title, [*self.told(), *([figure] if figure else [])], self.origin)

    def markdown(self) -> str:
        """Return it as Markdown, in which nothing is HTML."""
        parts = [f"## {self.title}", self.origin, *self.paragraphs]
        text = "\n\n".join(map(_as_text, parts))
        table = f"\n{as_markdown(_without_html(self.table))}" if self.table else ""
        return f"{text}\n{table}"


def _without_html(table: Table) -> Table:
    return replace(
        table,
        title=_as_text(table.title),
        header=[*map(_as_text, table.header)],
        rows=[[*map(_as_text, row)] for row in table.rows],
        note=_as_text(table.note),
    )


def _as_text(text: str) -> str:
    return text.replace("<", "&lt;")
