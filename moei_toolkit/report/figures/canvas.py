"""The sheet that every figure is drawn on: one size, one look, and the same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moei_toolkit.report.palette import as_variables, light

WIDTH = 3.8
"""Inches; at 72 units to the inch a panel is a little narrower than a telephone."""
LETTERS, SYMBOL = 54, 6
"""Letters in one line of a legend, and how many of them the symbol before a name is worth."""

STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": light("muted"),
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": light("ink"),
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": light("ink"),
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": light("line"),
    "grid.linewidth": 0.7,
    "legend.columnspacing": 1.2,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "svg.fonttype": "none",
    "text.color": light("ink"),
    "text.parse_math": False,
    "xtick.color": light("muted"),
    "xtick.labelcolor": light("ink"),
    "xtick.labelsize": 8.5,
    "ytick.color": light("muted"),
    "ytick.labelcolor": light("ink"),
    "ytick.labelsize": 8.5,
}


@dataclass(frozen=True)
class Panel:
    """A drawing, made when it is called: an SVG element whose colours follow the page and whose text is text.

    Attributes:
        name: What it shows, for whoever cannot see it; different for every drawing of a page.
        height: In inches; the width is `WIDTH`.
        draw: Called with the axes to draw on.
    """

    name: str
    height: float
    draw: Callable[[Axes], None]

    def __call__(self) -> str:
        """Draw it."""
        with style.context(["default", {**STYLE, "svg.hashsalt": self.name}]):  # whatever a matplotlibrc says
            figure = Figure(figsize=(WIDTH, self.height))
            self.draw(figure.add_subplot())
            buffer = io.StringIO()
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return as_variables(_lean(buffer.getvalue(), self.name))


def legend_columns(names: Sequence[str]) -> int:
    """Return how many entries of a legend stand in one line."""
    return max(1, min(len(names), LETTERS // (SYMBOL + max(map(len, names), default=0))))


def legend_above(axes: Axes) -> None:
    """Put the legend over the axes, where it hides nothing; its entries run from left to right."""
    handles, names = axes.get_legend_handles_labels()
    figure = axes.get_figure()
    if not names or not isinstance(figure, Figure):
        return
    columns = legend_columns(names)
    order = [at for column in range(columns) for at in range(column, len(names), columns)]
    figure.legend(
        [handles[at] for at in order],
        [names[at] for at in order],
        loc="outside upper center",
        ncols=columns,
    )


def _lean(svg: str, name: str) -> str:
    """Return the element without what a page has no use for: its size, styles, metadata and idle ids."""
    element = svg[svg.index("<svg") :]
    for useless in (
        r"\s*<metadata>.*?</metadata>",
        r"\s*<defs>\s*<style.*?</style>\s*</defs>",
        r"\s*<!--.*?-->",
        r'(?<=<g) id="[^"]*"',
    ):
        element = re.sub(useless, "", element, flags=re.DOTALL)
    element = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", element)
    opening = re.sub(r' (width|height)="[^"]*"', "", element[: element.index(">")])
    named = f' role="img" aria-label="{escape(name)}" stroke-linejoin="round"'
    return opening + named + element[element.index(">") :]
