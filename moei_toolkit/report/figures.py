"""Figures of a report as SVG text."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from moei_toolkit.evaluation.confidence import coverage_curve, reliability_bins


def training_curves(histories: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Return the validation PSNR of every training over its iterations, as an SVG element.

    Args:
        histories: Name of the training -> measurements with ``iteration`` and ``psnr`` (dB).
    """
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, history in histories.items():
        axes.plot(
            [point["iteration"] for point in history],
            [point["psnr"] for point in history],
            "o-",
            ms=3,
            label=name,
        )
    axes.set_xlabel("iteration")
    axes.set_ylabel("validation PSNR, dB")
    axes.grid(alpha=0.3)
    axes.legend()
    return as_svg(figure)


def reliability_and_coverage(confidence: np.ndarray, right: np.ndarray, bins: int) -> str:
    """Return two plots as one SVG element: does confidence mean what it says, and does it order decisions.

    Left, the accuracy of decisions by their confidence, with how many there are; right, the accuracy of the
    most confident ones by how many are kept.

    Args:
        confidence: (N,) in [0, 1].
        right: (N,) bool.
        bins: Equal-width bins of confidence.
    """
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, beside = figure.subplots(1, 2)
    parts = [part for part in reliability_bins(confidence, right, bins) if part.count]
    middles = [(part.low + part.high) / 2 for part in parts]
    left.bar(middles, [part.accuracy for part in parts], width=0.9 / bins, alpha=0.6)
    for middle, part in zip(middles, parts, strict=True):
        left.annotate(str(part.count), (middle, part.accuracy), ha="center", va="bottom", fontsize=7)
    left.plot([0, 1], [0, 1], "--", color="gray", lw=1)
    left.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.1))
    curve = coverage_curve(confidence, ~right)
    beside.step(curve.coverage, 1 - curve.risk, where="post")
    beside.set(xlabel="share of images kept", ylabel="accuracy of those kept", xlim=(0, 1), ylim=(0, 1.1))
    for axes in (left, beside):
        axes.grid(alpha=0.3)
    return as_svg(figure)


def as_svg(figure: Figure) -> str:
    """Return a figure as an SVG element whose bytes depend on the figure alone."""
    buffer = io.StringIO()
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "moei_toolkit", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
