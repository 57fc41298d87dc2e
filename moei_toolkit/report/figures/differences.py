"""How much better a policy is than its rivals."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.figures.estimates import Estimate, draw_estimates, height_of, whiskers
from moei_toolkit.report.figures.series import looks_of
from moei_toolkit.report.palette import light

(MOE_I,) = looks_of(["MoE-I"]).values()
HEADER = ("comparison", "on", "difference", "low", "high")
ROOM = 0.08
"""Left free at either side of the outermost value, as a share of the range."""


def quality_differences(
    title: str,
    differences: Mapping[str, Mapping[str, Estimate | None]],
    missing: str,
    metric: str = "PSNR",
    unit: str = "dB",
) -> Figure:
    """Show differences with their intervals beside a line at zero; all comparisons have one scale.

    Args:
        title: What the rivals have in common.
        differences: Comparison, such as ``over dense-equal, equal latency`` -> weather or ``macro`` ->
            difference; None where it was not measured.
        missing: Why there is no comparison.
        metric: Its name.
        unit: Of the differences; may be empty.
    """
    label = ", ".join(filter(None, (f"difference in {metric}", unit)))
    limits = _limits(differences)

    def panel(comparison: str, estimates: Mapping[str, Estimate | None]) -> Panel:
        def draw(axes: Axes) -> None:
            axes.axvline(0, color=light("ink"), lw=1)
            draw_estimates(axes, estimates, dict.fromkeys(estimates, MOE_I), "+.2f")
            axes.set(title=comparison, xlabel=label, xlim=limits)

        return Panel(f"Difference in {metric}: {comparison}", height_of(len(estimates)), draw)

    scale = "All comparisons have one scale." if len(differences) > 1 else ""
    return Figure(
        title=title,
        caption=f"Right of zero, MoE-I is better. {whiskers(differences)}{scale}".rstrip(),
        panels=[panel(comparison, estimates) for comparison, estimates in differences.items()],
        header=HEADER,
        rows=[
            (comparison, on, *(estimate or (None, None, None)))
            for comparison, estimates in differences.items()
            for on, estimate in estimates.items()
        ],
        missing=missing,
    )


def _limits(differences: Mapping[str, Mapping[str, Estimate | None]]) -> tuple[float, float]:
    known = [
        value
        for estimates in differences.values()
        for estimate in estimates.values()
        for value in estimate or ()
        if value is not None
    ]
    low, high = min([0.0, *known]), max([0.0, *known])
    room = ROOM * (high - low) or 1.0
    return low - room, high + room
