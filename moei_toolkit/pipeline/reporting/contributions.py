"""What plugins add to a report: asked for, drawn, and kept so that it can be told again without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError, as_sentence, located
from moei_toolkit.hookspecs import RunView
from moei_toolkit.io.json_file import read_object
from moei_toolkit.pipeline.running.components import SECTIONS_HOOK
from moei_toolkit.registration.plugin_replies import Reply, ask_each
from moei_toolkit.registration.plugin_table import LoadedPlugin, PluginTable
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.blocks.layout import Section
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.contribution_check import check_drawing, contribution_of
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report_section import ReportSection, Table

CONTRIBUTIONS_FILE = "contributions.json"
"""Is there only where a plugin has added something."""

_HEIGHT = 3.0  # inches of a drawing


@dataclass(frozen=True)
class DrawnContribution:
    """What a plugin has added.

    Attributes:
        told: All of it that is text.
        figure: Its drawing, which is on the page only.
    """

    told: Contribution
    figure: Figure | None = None

    def section(self) -> Section:
        """Return it for the page."""
        return self.told.section(self.figure)


def ask_for_sections(
    table: PluginTable, show: Callable[[], RunView], strict: bool = False
) -> list[DrawnContribution]:
    """Return what the plugins add to a report; where one fails, a section that says how.

    Args:
        table: Whom to ask.
        show: Makes the view of the run that one plugin gets.
        strict: Raise where a plugin fails.

    Raises:
        PluginError: If ``strict`` and a plugin fails.
    """
    found = []
    for reply in ask_each(table, SECTIONS_HOOK, lambda plugin: _sections_of(plugin, show()), strict):
        found += [_failed(reply)] if reply.value is None else reply.value
    return found


def kept_contributions(told: Sequence[Contribution]) -> dict[str, Any]:
    """Return the content of the JSON file to keep contributions in, by its name; no file for none."""
    return {CONTRIBUTIONS_FILE: {"contributions": [asdict(one) for one in told]}} if told else {}


def read_contributions(path: Path) -> list[Contribution]:
    """Return what was kept of contributions; nothing where there is no file.

    Raises:
        DataError: If the file is damaged.
    """
    if not path.exists():
        return []
    with located(str(path)):
        try:
            return [_contribution(**one) for one in read_object(path)["contributions"]]
        except (KeyError, TypeError) as error:
            raise DataError(f"expected contributions, got {type(error).__name__}: {error}") from error


def _failed(reply: Reply[list[DrawnContribution]]) -> DrawnContribution:
    name = ReportSection(reply.plugin.provider.name)
    return DrawnContribution(contribution_of(name, as_sentence(reply.failure)))


def _sections_of(plugin: LoadedPlugin, run: RunView) -> list[DrawnContribution]:
    answer = plugin.hooks.moei_report_sections(run=run)
    if answer is None:
        return []
    sections = answer if isinstance(answer, list) else [answer]
    return [_drawn(section, f"Added by {plugin.provider}.") for section in sections]


def _drawn(section: ReportSection, origin: str) -> DrawnContribution:
    told = contribution_of(section, origin)
    if section.drawing is None or told.table is None:
        return DrawnContribution(told)
    drawing = check_drawing(section.drawing)
    panel = Panel(f"{drawing.title}. {origin}", _HEIGHT, drawing.draw)
    drawn = panel()  # at once: it is the plugin that is named if this fails
    figure = Figure(
        title=drawing.title,
        caption=drawing.caption,
        panels=[lambda: drawn],
        header=told.table.header,
        rows=told.table.rows,
    )
    return DrawnContribution(told, figure)


def _contribution(
    title: str, origin: str, paragraphs: list[str], table: dict[str, str] | None
) -> Contribution:
    shown = Table(**table) if table else None
    return contribution_of(ReportSection(title, paragraphs, shown), origin)
