"""Who restored what, and who should have."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel, legend_above, legend_columns
from moei_toolkit.report.figures.series import looks_of
from moei_toolkit.report.palette import light

HEADER = ("weather", "route", "oracle", "MoE-I")
SHOWN = 0.08
"""Shares from here on are written into their bar."""


def utilization_histogram(
    oracle: Mapping[str, Mapping[str, int]], actual: Mapping[str, Mapping[str, int]]
) -> Figure:
    """Show how the images of each weather are shared among the routes, by the oracle and in fact.

    Args:
        oracle: Weather -> route -> number of images that it is best for.
        actual: Weather -> route -> number of images that took it; the same weathers.
    """
    routes = list(
        dict.fromkeys(route for table in (oracle, actual) for counts in table.values() for route in counts)
    )
    height = 1.45 + 0.17 * math.ceil(len(routes) / legend_columns(routes))

    def panel(weather: str) -> Panel:
        def draw(axes: Axes) -> None:
            _bar(axes, 0, oracle[weather], routes)
            _bar(axes, 1, actual[weather], routes)
            axes.set(title=weather, xlabel="share of images, %", xlim=(0, 100), ylim=(1.55, -0.55))
            axes.set_yticks([0, 1], ["oracle", "MoE-I"])
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
            legend_above(axes)

        return Panel(f"Who restored {weather}", height, draw)

    return Figure(
        title="Utilization",
        caption="The share of images that each route is best for (oracle), and that took it (MoE-I).",
        panels=[panel(weather) for weather in oracle],
        header=HEADER,
        rows=[
            (weather, route, oracle[weather].get(route, 0), actual[weather].get(route, 0))
            for weather in oracle
            for route in routes
        ],
        missing="Not measured: there are no degraded test images.",
    )


def _bar(axes: Axes, line: int, counts: Mapping[str, int], routes: list[str]) -> None:
    total, start = sum(counts.values()) or 1, 0.0
    for route, (colour, _) in looks_of(routes).items():
        share = 100 * counts.get(route, 0) / total
        axes.barh(
            line,
            share,
            0.72,
            start,
            color=colour,
            alpha=0.45,
            label="" if line else route,
            edgecolor=light("surface"),
        )
        if share >= 100 * SHOWN:
            axes.text(start + share / 2, line, f"{share:.0f}", ha="center", va="center", fontsize=8)
        start += share
