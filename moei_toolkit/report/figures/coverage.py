"""What is gained by trusting only the surest decisions."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel, legend_above
from moei_toolkit.report.palette import light

HEADER = ("threshold", "coverage", "accuracy of the trusted", "quality of all")


def coverage_curves(
    threshold: np.ndarray,
    coverage: np.ndarray,
    accuracy: np.ndarray,
    quality: np.ndarray,
    dense: float,
    trusted: float,
    metric: str = "PSNR, dB",
) -> Figure:
    """Show accuracy and quality by how many of the decisions are trusted, the surest first.

    Args:
        threshold: (M,) confidences, falling; a decision is trusted at >= threshold.
        coverage: (M,) share of decisions trusted, rising.
        accuracy: (M,) share of the trusted decisions that are right.
        quality: (M,) mean over all images when those whose decision is not trusted are restored by dense.
        dense: Mean over all images restored by dense.
        trusted: The share of decisions that this run trusts.
        metric: What quality is, with its unit.
    """

    def draw_accuracy(axes: Axes) -> None:
        axes.plot(coverage, accuracy, drawstyle="steps-post", color=light("vermilion"))
        axes.axvline(trusted, color=light("ink"), ls=":", lw=1.4)
        axes.set(xlabel="share of decisions trusted", ylabel="accuracy of the trusted", xlim=(0, 1.02))
        axes.set_ylim(top=1.02)

    def draw_quality(axes: Axes) -> None:
        axes.axhline(dense, color=light("blue"), ls="--", lw=1.2, label="dense alone")
        axes.plot([0, *coverage], [dense, *quality], color=light("vermilion"), label="with fallback to dense")
        axes.axvline(trusted, color=light("ink"), ls=":", lw=1.4)
        axes.set(xlabel="share of decisions trusted", ylabel=metric, xlim=(0, 1.02))
        legend_above(axes)

    return Figure(
        title="Coverage",
        caption=(
            "The surest decisions are trusted first, and all other images are restored by dense. "
            f"The dotted line is this run, which trusts {trusted:.1%}."
        ),
        panels=[
            Panel("Accuracy by coverage", 2.6, draw_accuracy),
            Panel("Quality by coverage", 2.6, draw_quality),
        ],
        header=HEADER,
        rows=list(
            zip(*(list(map(float, line)) for line in (threshold, coverage, accuracy, quality)), strict=True)
        ),
    )
