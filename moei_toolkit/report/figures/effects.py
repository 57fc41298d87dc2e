"""What changes do to the quality, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.figures.estimates import Estimate, draw_estimates, height_of, whiskers
from moei_toolkit.report.figures.series import looks_of
from moei_toolkit.report.palette import light

HEADER = ("factor", "change", "difference in dB", "low", "high")


def effects(groups: Mapping[str, Mapping[str, Estimate | None]], against: str) -> Figure:
    """Show differences in macro PSNR beside a line at zero, a line each, grouped by factor.

    Args:
        groups: Factor -> change -> difference in dB; None where it was not measured.
        against: What the differences are against, in words.
    """
    looks = looks_of(groups)
    lines = {change: estimate for group in groups.values() for change, estimate in group.items()}
    of_line = {change: looks[factor] for factor, group in groups.items() for change in group}

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=light("ink"), lw=1)
        draw_estimates(axes, lines, of_line, "+.2f")
        axes.set(xlabel="difference in macro PSNR, dB")

    return Figure(
        title="Effects",
        caption=(
            f"Against {against}; right of zero is better. {whiskers(groups)}"
            "Changes of one factor have one colour and marker."
        ),
        panels=[Panel(f"Effects against {against}", height_of(len(lines)), draw)] if lines else [],
        header=HEADER,
        rows=[
            (factor, change, *(estimate or (None, None, None)))
            for factor, group in groups.items()
            for change, estimate in group.items()
        ],
        missing="Not measured: no change was judged.",
    )
