"""What was made from what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.palette import light

HEADER = ("stage", "fingerprint", "seconds", "inputs")
NODE, NAME, PRINT, BAR, END = 0.14, 0.17, 0.5, 0.73, 1.0
"""Where columns begin, as shares of the width."""
DIGITS, LETTERS = 12, 15
"""Shown of a fingerprint, and of a name."""


class MadeStage(NamedTuple):
    """A stage and how it came about.

    Attributes:
        name: Unique.
        fingerprint: Of everything it depends on.
        seconds: How long it took.
        inputs: Names of the stages it read.
    """

    name: str
    fingerprint: str
    seconds: float
    inputs: Sequence[str]


def provenance(stages: Sequence[MadeStage]) -> Figure:
    """Show the stages of a run, what each was made from, and how long it took.

    Args:
        stages: In the order in which they were made. Inputs that are not among them are in the data only.
    """
    longest = max((stage.seconds for stage in stages), default=0.0) or 1.0

    def draw(axes: Axes) -> None:
        _arcs(axes, stages)
        for line, stage in enumerate(stages):
            axes.plot([NODE], [line], "o", color=light("blue"), ms=6)
            axes.text(NAME, line, _short(stage.name), va="center", weight="bold", fontsize=8.5)
            axes.text(
                PRINT,
                line,
                stage.fingerprint[:DIGITS],
                va="center",
                fontsize=7.5,
                family="monospace",
                color=light("muted"),
            )
            width = 0.4 * (END - BAR) * stage.seconds / longest
            axes.barh(line, width, 0.5, BAR, color=light("blue"), alpha=0.45)
            axes.text(BAR + width + 0.015, line, in_words(stage.seconds), va="center", fontsize=8)
        axes.set(xlim=(0, END), ylim=(len(stages) - 0.4, -0.6))
        axes.set_axis_off()

    return Figure(
        title="Stages of the run",
        caption=(
            "Stages from first to last: name, fingerprint, time. An arc leads from a stage down to one that "
            "read it; it is faint where other arcs lead there too."
        ),
        panels=[Panel("Stages of the run", 0.2 + 0.23 * len(stages), draw)] if stages else [],
        header=HEADER,
        rows=[(stage.name, stage.fingerprint, stage.seconds, " ".join(stage.inputs)) for stage in stages],
        missing="Nothing is known of how this came about.",
    )


def in_words(seconds: float) -> str:
    """Return a time as a person says it."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _arcs(axes: Axes, stages: Sequence[MadeStage]) -> None:
    line_of = {stage.name: line for line, stage in enumerate(stages)}
    ancestors: dict[str, set[str]] = {}
    for stage in stages:
        known = [name for name in stage.inputs if name in line_of]
        behind = set().union(*(ancestors.get(name, set()) for name in known))
        ancestors[stage.name] = behind | set(known)
        for name in known:
            _arc(axes, line_of[name], line_of[stage.name], len(stages), faint=name in behind)


def _arc(axes: Axes, start: int, end: int, count: int, faint: bool) -> None:
    depth = NODE * (0.25 + 1.05 * abs(end - start) / max(count - 1, 1))
    corners = [(NODE, start), (NODE - depth, start), (NODE - depth, end), (NODE, end)]
    axes.add_patch(
        PathPatch(
            Path(corners, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]),
            fill=False,
            edgecolor=light("line" if faint else "muted"),
            lw=1 if faint else 1.4,
            zorder=0 if faint else 1,
        )
    )


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
