"""Estimates with intervals, drawn as dots with whiskers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from moei_toolkit.report.palette import light


class Estimate(NamedTuple):
    """A value and its interval.

    Attributes:
        value: In the unit of the figure.
        low: Lower end of the interval; None without one.
        high: Upper end of the interval; None without one.
    """

    value: float
    low: float | None = None
    high: float | None = None


def height_of(lines: int) -> float:
    """Return the inches that so many estimates need below each other."""
    return 0.75 + 0.21 * lines


def whiskers(groups: Mapping[str, Mapping[str, Estimate | None]]) -> str:
    """Return the sentence that explains whiskers, with a space behind it; empty if there are none."""
    all_of_them = [estimate for group in groups.values() for estimate in group.values()]
    drawn = any(estimate is not None and estimate.low is not None for estimate in all_of_them)
    return "Whiskers are intervals. " if drawn else ""


def draw_estimates(
    axes: Axes, estimates: Mapping[str, Estimate | None], looks: Mapping[str, tuple[str, str]], form: str
) -> None:
    """Draw one line per estimate, first on top: dot, whisker, and the value in figures at the right.

    Args:
        axes: To draw on.
        estimates: Name -> what was estimated; None where it was not.
        looks: Name -> colour and marker.
        form: How to write a value, as for `format`.
    """
    beside = blended_transform_factory(axes.transAxes, axes.transData)
    for line, (name, estimate) in enumerate(estimates.items()):
        colour, marker = looks[name]
        said = "not measured"
        if estimate is not None:
            said = format(estimate.value, form)
            axes.plot([estimate.value], [line], marker, color=colour, ms=5.5)
        if estimate is not None and estimate.low is not None and estimate.high is not None:
            axes.plot([estimate.low, estimate.high], [line, line], "-", color=colour, lw=2, alpha=0.6)
        axes.text(1.02, line, said, transform=beside, va="center", fontsize=8.5, color=light("ink"))
    axes.set_yticks(range(len(estimates)), list(estimates))
    axes.set_ylim(len(estimates) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
