"""Whether the page of a report shows what follows from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from moei_toolkit.artifact.bare_page import bare_page
from moei_toolkit.artifact.differences import passage_difference, text_difference
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.blocks.layout import Section
from moei_toolkit.report.blocks.objectives import ObjectiveCards
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.content import sections_of, tables_of
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.findings import Findings, Origin
from moei_toolkit.report.html import render_report
from moei_toolkit.report.opening import headline_of

_NOWHERE = Origin({}, [], "", "")


def page_problems(page: str, found: Findings, added: Sequence[Contribution]) -> Iterator[str]:
    """Yield the first difference of every part that the page does not show as it should.

    Where all of them are there, the whole page is compared, so that nothing stands beside or before them. Of
    drawings, pictures and where the run came from only the form counts: another machine may draw otherwise,
    and pictures are not in an artifact.

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
    differences = [(name, passage_difference(html, page)) for name, html in parts]
    if not any(difference for _, difference in differences):
        sections = [*map(_undrawn, sections_of(found, _NOWHERE, {})), *(one.section() for one in added)]
        whole = render_report(headline_of(found), sections, f"Made by moei_toolkit {toolkit_version()}.")
        differences = [("page", text_difference(bare_page(whole, added), bare_page(page, added)))]
    yield from (f"{name}: {difference}" for name, difference in differences if difference)


def _undrawn(section: Section) -> Section:
    """Return a section that takes no time to draw."""
    blocks = [block.undrawn() if isinstance(block, Figure) else block for block in section.blocks]
    return replace(section, blocks=blocks)
