"""Does what can be seen in an image agree with the severity that its record states?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import spearmanr

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.palette import light

HEADER = ("degradation", "image", "severity", "estimate")
SHOWN = 300
"""Images of one degradation that are drawn; the correlation is of all."""
Point = tuple[str, float, float]
"""Image, its severity, and the estimate of it."""


def severity_estimates(points: Mapping[str, Sequence[Point]]) -> Figure:
    """Show severities against their estimates, one panel per degradation.

    Args:
        points: Degradation -> images.
    """
    shown = {name: _spread(found) for name, found in points.items() if found}

    def panel(name: str) -> Panel:
        _, stated, estimated = zip(*shown[name], strict=True)

        def draw(axes: Axes) -> None:
            axes.plot([0, 1], [0, 1], "--", color=light("muted"), lw=1)
            axes.plot(stated, estimated, "o", color=light("blue"), alpha=0.5, ms=3.5)
            axes.set(
                title=f"{name}: {_agreement(points[name])}",
                xlabel="severity",
                ylabel="estimate",
                xlim=(-0.03, 1.03),
                ylim=(-0.03, 1.03),
            )

        return Panel(f"Severity and its estimate: {name}", 2.6, draw)

    return Figure(
        title="Severity against its estimate",
        caption=(
            "The estimate is made from the pixels alone; on the dashed line it equals the severity of the "
            "record. \N{GREEK SMALL LETTER RHO} is Spearman's rank correlation over all images, of which up "
            f"to {SHOWN} are drawn. Where a data set states no severity, the estimate stands for it."
        ),
        panels=[panel(name) for name in shown],
        header=HEADER,
        rows=[(name, *point) for name, found in shown.items() for point in found],
        missing="Not measured: nothing is known to estimate the severity of these degradations by.",
    )


def _spread(points: Sequence[Point]) -> list[Point]:
    """Return points at even distances in their order of severity."""
    ordered = sorted(points, key=lambda point: (point[1], point[0]))
    count = min(SHOWN, len(ordered))
    return [ordered[at] for at in np.linspace(0, len(ordered) - 1, count).round().astype(int)]


def _agreement(points: Sequence[Point]) -> str:
    """Return how well severity and estimate agree in rank, which needs two different values of each."""
    _, stated, estimated = zip(*points, strict=True)
    if stated == estimated:
        return "the estimate stands for it"
    if np.ptp(stated) == 0 or np.ptp(estimated) == 0:
        return f"{len(points):,} images"
    return f"\N{GREEK SMALL LETTER RHO} = {spearmanr(stated, estimated).statistic:.2f}"
