"""Quality by how bad the weather was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel, legend_above
from moei_toolkit.report.figures.series import looks_of

HEADER = ("weather", "severity", "images", "policy", "value")


def severity_curves(
    curves: Mapping[str, Mapping[str, Sequence[float | None]]],
    counts: Mapping[str, Sequence[int]],
    strata: Sequence[str],
    metric: str = "PSNR, dB",
) -> Figure:
    """Show the quality of every policy from light to heavy weather.

    Args:
        curves: Weather -> policy, as it is to be called -> mean in every stratum, None where there are no
            images.
        counts: Weather -> number of images in every stratum.
        strata: Their names, from light to heavy.
        metric: What quality is, with its unit.
    """

    def panel(weather: str) -> Panel:
        def draw(axes: Axes) -> None:
            looks = looks_of(curves[weather])
            for policy, values in curves[weather].items():
                colour, marker = looks[policy]
                known = [np.nan if value is None else value for value in values]
                axes.plot(range(len(strata)), known, marker=marker, color=colour, label=policy)
            named = zip(strata, counts[weather], strict=True)
            axes.set_xticks(range(len(strata)), [f"{name}\n{count} images" for name, count in named])
            axes.set(title=weather, ylabel=metric, xlim=(-0.3, len(strata) - 0.7))
            legend_above(axes)

        return Panel(f"Quality by severity: {weather}", 2.4, draw)

    return Figure(
        title="Quality by severity",
        caption=f"Mean over images ({metric}) of each stratum of severity. Every weather has its own scale.",
        panels=[panel(weather) for weather in curves],
        header=HEADER,
        rows=[
            (weather, name, counts[weather][at], policy, values[at])
            for weather, policies in curves.items()
            for at, name in enumerate(strata)
            for policy, values in policies.items()
        ],
        missing="Not measured: there are no degraded test images.",
    )
