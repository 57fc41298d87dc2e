"""Figures of a report as SVG text."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure


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


def as_svg(figure: Figure) -> str:
    """Return a figure as an SVG element whose bytes depend on the figure alone."""
    buffer = io.StringIO()
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "moei_toolkit", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
