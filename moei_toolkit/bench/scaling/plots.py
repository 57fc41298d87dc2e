"""Plots of a scaling study."""

from __future__ import annotations

import io
from collections.abc import Sequence

from moei_toolkit.bench.scaling.studies import Point


def plot_study(points: Sequence[Point], axis: str) -> bytes:
    """Draw latency and peak memory over the varied value; returns an SVG.

    Args:
        points: Of one study.
        axis: What is varied, with its unit.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    values = [point.value for point in points]
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained")
    time.plot(values, [point.cost.latency_ms.median / 1e3 for point in points], "o-")
    time.set(xlabel=axis, ylabel="latency, s")
    memory.plot(values, [point.cost.peak_memory_gb for point in points], "o-", color="tab:orange")
    memory.set(xlabel=axis, ylabel="peak memory, GB")
    for axes in (time, memory):
        axes.set_xscale("log", base=2)
        axes.set_xticks(values, [str(value) for value in values])
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": axis}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return buffer.getvalue()
