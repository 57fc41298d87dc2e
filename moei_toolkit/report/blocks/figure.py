"""A figure: one or more drawings, how to read them, and the numbers behind them."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moei_toolkit.report.markup import Markup, element, slug

Value = str | int | float | None
"""In the data of a figure; None is what is not there."""


@dataclass(frozen=True)
class Figure:
    """One or more drawings of the same kind of thing.

    Attributes:
        title: What it shows.
        caption: How to read it.
        panels: Each draws an SVG element; they stand beside or below each other as there is room. None when
            there is nothing to draw.
        header: Names of the columns of its data.
        rows: Its data, complete and not rounded.
        missing: Why there is nothing to draw.
    """

    title: str
    caption: str
    panels: Sequence[Callable[[], str]]
    header: Sequence[str]
    rows: Sequence[Sequence[Value]]
    missing: str = ""

    def csv(self) -> str:
        """Return the data as comma-separated values with a header."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue()

    def undrawn(self) -> Figure:
        """Return it with nothing in its drawings, for a page of which only the form counts."""
        return replace(self, panels=[lambda: "<svg></svg>" for _ in self.panels])

    def html(self) -> Markup:
        """Return it as HTML, with the data behind a link."""
        if not self.panels:
            drawn = element("p", self.missing or "Nothing to show.", class_="missing")
            return element("figure", element("h3", self.title), drawn, class_="block chart")
        drawings = (element("div", Markup(draw())) for draw in self.panels)
        panels = element("div", *drawings, class_=f"panels of-{len(self.panels)}")
        caption = element("figcaption", self.caption, " ", self._link())
        return element("figure", element("h3", self.title), panels, caption, class_="block chart")

    def _link(self) -> Markup:
        data = base64.b64encode(self.csv().encode()).decode("ascii")
        return element(
            "a",
            "Data (CSV)",
            href=f"data:text/csv;charset=utf-8;base64,{data}",
            download=f"{slug(self.title)}.csv",
            aria_label=f"Data of {self.title} (CSV)",
        )
