"""Many variants at once: a line each, through an axis for every factor to what it reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import draw_panel
from moei_toolkit.report.palette import light

Line = tuple[str, Mapping[str, Any], float]
"""Name of a variant, its value on every axis, and what it reached."""

LABELLED = 6
"""An axis with more values than this has labels at its ends only."""


def parallel_coordinates(lines: Sequence[Line], axes: Mapping[str, Sequence[Any]], reached: str) -> Figure:
    """Show variants as lines, the best one on top and in another colour.

    Args:
        lines: In any order.
        axes: Factor -> its values, in the order of the axis, from the bottom up.
        reached: What the last axis is, with its unit; more is better.
    """
    ordered = sorted(lines, key=lambda line: line[2])
    values = [value for *_, value in ordered] or [0.0]
    low, high = values[0], values[-1]

    def height(value: float) -> float:
        return 0.5 if high == low else (value - low) / (high - low)

    def place(axis: str, value: Any) -> float:
        known = list(axes[axis])
        return 0.5 if len(known) == 1 else known.index(value) / (len(known) - 1)

    def draw(canvas: Axes) -> None:
        for number, (_, where, value) in enumerate(ordered):
            best = number == len(ordered) - 1
            path = [*(place(axis, where[axis]) for axis in axes), height(value)]
            colour = light("vermilion" if best else "blue")
            canvas.plot(
                path, color=colour, lw=2.2 if best else 1, alpha=1 if best else 0.25 + 0.35 * path[-1]
            )
        for at, (axis, known) in enumerate(axes.items()):
            for value in known if len(known) <= LABELLED else (known[0], known[-1]):
                canvas.text(at, place(axis, value), f" {_text(value)}", fontsize=7.5, va="bottom")
        for value in (low, high):
            canvas.text(len(axes), height(value), f" {value:.2f}", fontsize=7.5, va="center")
        canvas.set_xticks(range(len(axes) + 1), [*axes, reached], rotation=30, ha="right")
        canvas.set_yticks([])
        canvas.set(xlim=(-0.1, len(axes) + 0.35), ylim=(-0.06, 1.1))
        canvas.spines["left"].set_visible(False)

    return Figure(
        title="Parallel coordinates",
        caption=(
            "A line for every variant, through its value of every factor to what it reached; the best one is "
            "thick. Values of a factor stand at equal distances."
        ),
        panels=[draw_panel("Variants in parallel coordinates", 3.2, draw)] if ordered else [],
        header=("variant", *axes, reached),
        rows=[(name, *(_text(where[axis]) for axis in axes), value) for name, where, value in ordered],
        missing="Not measured: no variant was judged.",
    )


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
