"""Whether the page of a report shows what follows from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moei_toolkit.artifact.differences import passage_difference
from moei_toolkit.report.blocks.objectives import ObjectiveCards
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.content import tables_of
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.findings import Findings
from moei_toolkit.report.opening import headline_of


def page_problems(page: str, found: Findings, added: Sequence[Contribution]) -> Iterator[str]:
    """Yield the first difference of every part that the page does not show as it should.

    Figures are not compared, for another machine may draw them otherwise, nor are pictures, which are not in
    an artifact, nor what a page shows besides.

    Args:
        page: HTML.
        found: What should be on it.
        added: What plugins have added, which should be on it too.
    """
    _, *tables = tables_of(found)  # the first has a block of its own
    parts = [
        ("headline", headline_of(found).html()),
        ("objectives", ObjectiveCards(found.results.objectives).html()),
        *((f"table {table.title!r}", SortableTable(table).html()) for table in tables),
        *((f"section {one.title!r}", block.html()) for one in added for block in one.told()),
    ]
    for name, html in parts:
        if difference := passage_difference(html, page):
            yield f"{name}: {difference}"
