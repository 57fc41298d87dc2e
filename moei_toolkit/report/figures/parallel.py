"""Many variants at once: a line each, through an axis for every factor to what it reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from moei_toolkit.io.text import shown
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.palette import light

Line = tuple[str, Mapping[str, Any], float]
"""Name of a variant, its value on every axis, and what it reached."""

LABELLED = 6
"""An axis with more values than this has labels at its ends only."""


def parallel_coordinates(
    lines: Sequence[Line], axes: Mapping[str, Sequence[Any]], reached: str, best_name: str = ""
) -> Figure:
    """Show variants as lines, the best one on top and in another colour.

    Axes lie below each other, so that there is room for the names of their values.

    Args:
        lines: In any order.
        axes: Factor -> its values, in the order of the axis, from the left.
        reached: What the lowest axis is, with its unit; more is better.
        best_name: The best variant, if it is chosen by something else; the one that reached most if empty.
    """
    ordered = sorted(lines, key=lambda line: (line[0] == best_name, line[2]))
    values = [value for *_, value in ordered] or [0.0]
    ends = (min(values), max(values))

    def draw(canvas: Axes) -> None:
        for number, (_, where, value) in enumerate(ordered):
            best = number == len(ordered) - 1
            path = [*(_place(known, where[axis]) for axis, known in axes.items()), _between(*ends, value)]
            colour = light("vermilion" if best else "blue")
            canvas.plot(path, range(len(path)), color=colour, lw=2.2 if best else 1, alpha=1 if best else 0.4)
        for row, known in enumerate(axes.values()):
            for value in known if len(known) <= LABELLED else (known[0], known[-1]):
                _label(canvas, _place(known, value), row, shown(value))
        for value in dict.fromkeys(ends):
            _label(canvas, _between(*ends, value), len(axes), f"{value:.2f}")
        canvas.set_yticks(range(len(axes) + 1), [*axes, reached])
        canvas.set_xticks([])
        canvas.set(xlim=(-0.04, 1.04), ylim=(len(axes) + 0.3, -0.6))
        canvas.tick_params(axis="y", length=0)
        for side in ("left", "bottom"):
            canvas.spines[side].set_visible(False)

    return Figure(
        title="Parallel coordinates",
        caption=(
            "A line for every variant, down through its value of every factor to what it reached; the best "
            "one is thick. Values of a factor stand at equal distances."
        ),
        panels=[Panel("Variants in parallel coordinates", 0.5 + 0.42 * len(axes), draw)] if ordered else [],
        header=("variant", *axes, reached),
        rows=[(name, *(shown(where[axis]) for axis in axes), value) for name, where, value in ordered],
        missing="Not measured: no variant was judged.",
    )


def _place(known: Sequence[Any], value: Any) -> float:
    """Return where a value stands on an axis, in [0, 1]."""
    return 0.5 if len(known) == 1 else list(known).index(value) / (len(known) - 1)


def _between(low: float, high: float, value: float) -> float:
    return 0.5 if high == low else (value - low) / (high - low)


def _label(canvas: Axes, x: float, row: int, text: str) -> None:
    side: Any = "left" if x < 0.2 else "right" if x > 0.8 else "center"
    canvas.text(x, row - 0.08, text, fontsize=7, ha=side, va="bottom", color=light("ink"))
