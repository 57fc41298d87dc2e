"""Does confidence mean what it says?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import binomtest

from moei_toolkit.evaluation.reliability.bins import ReliabilityBin
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.palette import light

HEADER = ("above", "up to", "decisions", "mean confidence", "accuracy", "low", "high")
NARROW = 99
"""Larger counts are wider than a bin, and are written upwards."""


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> Figure:
    """Show the accuracy of decisions by their confidence, with how many there are.

    The interval of an accuracy is Wilson's (JASA 1927), at 95%.

    Args:
        bins: Of confidence, rising.
    """
    intervals = [_wilson(part) for part in bins]
    many = any(part.count > NARROW for part in bins)

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], "--", color=light("muted"), lw=1)
        for part, (low, high) in zip(bins, intervals, strict=True):
            if not part.count:
                continue
            middle = (part.low + part.high) / 2
            axes.bar(middle, part.accuracy, 0.9 * (part.high - part.low), color=light("blue"), alpha=0.25)
            axes.plot([part.confidence] * 2, [low, high], "-", color=light("blue"), lw=1.2)
            axes.plot([part.confidence], [part.accuracy], "o", color=light("blue"))
            axes.text(
                middle,
                1.05,
                str(part.count),
                ha="center",
                fontsize=7.5,
                color=light("muted"),
                rotation=90 if many else 0,
            )
        axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.25 if many else 1.13))
        axes.set_yticks(np.linspace(0, 1, 6))

    return Figure(
        title="Reliability",
        caption=(
            "Accuracy of decisions by their confidence; on the dashed line confidence means what it says. "
            "Whiskers are 95% intervals (Wilson), the figures on top count decisions."
        ),
        panels=[Panel("Reliability diagram", 2.8, draw)],
        header=HEADER,
        rows=[
            (part.low, part.high, part.count, part.confidence, part.accuracy, *interval)
            if part.count
            else (part.low, part.high, 0, None, None, None, None)
            for part, interval in zip(bins, intervals, strict=True)
        ],
    )


def _wilson(part: ReliabilityBin) -> tuple[float, float]:
    if not part.count:
        return 0.0, 1.0
    found = binomtest(round(part.accuracy * part.count), part.count).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
