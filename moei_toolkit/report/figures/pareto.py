"""Quality against cost."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel, legend_above
from moei_toolkit.report.figures.series import looks_of
from moei_toolkit.report.palette import light

HEADER = ("policy", "cost", "quality", "on the front")
Point = tuple[str, float, float]
"""Name, cost (less is better) and quality (more is better)."""


def pareto(
    points: Sequence[Point],
    cost: str,
    quality: str = "macro PSNR, dB",
    missing: str = "Not measured: this run did not measure what a restoration costs.",
    title: str = "Quality against cost",
) -> Figure:
    """Show what quality is to be had at what cost, with a line through those that nothing else beats.

    Args:
        points: Name, cost and quality of each; none when cost was not measured.
        cost: What cost is, with its unit.
        quality: What quality is, with its unit.
        missing: Why there are no points.
        title: Of the figure.
    """
    front = pareto_front(points)
    looks = looks_of(name for name, _, _ in points)

    def draw(axes: Axes) -> None:
        if len(front) > 1:
            corners = [(x, y) for _, x, y in front]
            axes.step(*zip(*corners, strict=True), where="post", color=light("muted"), lw=1, ls="--")
        for name, x, y in points:
            colour, marker = looks[name]
            axes.plot([x], [y], marker, color=colour, ms=7, label=name)
        axes.margins(0.12)
        axes.set(xlabel=cost, ylabel=quality)
        legend_above(axes)

    return Figure(
        title=title,
        caption="Up and left is better. The dashed line joins those that nothing else beats in both.",
        panels=[Panel(f"Quality against {cost}", 3.0, draw)] if points else [],
        header=HEADER,
        rows=[(*point, "yes" if point in front else "no") for point in points],
        missing=missing,
    )


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other is at least as cheap and at least as good as, and better in one.

    They come from cheap to dear.
    """
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point[1], -point[2])):
        best = front[-1][2] if front else float("-inf")
        if point[2] > best or (front and point[1:] == front[-1][1:]):
            front.append(point)
    return front
