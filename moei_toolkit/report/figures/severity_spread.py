"""How severe the images of every degradation and split are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel, legend_above
from moei_toolkit.report.figures.series import looks_of

HEADER = ("degradation", "split", "above", "up to", "images")
EDGES = np.linspace(0.0, 1.0, 11)


def severity_spread(severities: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Show a histogram of severities per degradation: filled for the first split, outlines for the others.

    Args:
        severities: Degradation -> split -> the severities of its images, in [0, 1].
    """
    looks = looks_of(split for splits in severities.values() for split in splits)
    counts = {
        (name, split): np.histogram(values, EDGES)[0]
        for name, splits in severities.items()
        for split, values in splits.items()
    }

    def panel(name: str) -> Panel:
        def draw(axes: Axes) -> None:
            for at, split in enumerate(severities[name]):
                found = counts[name, split]
                share = 100.0 * found / max(1, found.sum())
                colour, marker = looks[split]
                axes.stairs(share, EDGES, color=colour, fill=at == 0, alpha=1.0 if at else 0.3)
                there = found > 0
                middles = (EDGES[1:] + EDGES[:-1])[there] / 2
                axes.plot(middles, share[there], marker, color=colour, label=f"{split}, {found.sum()}")
            axes.set(title=name, xlabel="severity", ylabel="images of the split, %", xlim=(0, 1))
            axes.set_ylim(0, 1.08 * max(axes.dataLim.ymax, 1))
            legend_above(axes)

        return Panel(f"Severities: {name}", 2.5, draw)

    return Figure(
        title="Severity by degradation and split",
        caption="Share of the images of each split, in steps of 0.1; the legend says how many there are. "
        "Clean images are left out.",
        panels=[panel(name) for name in severities],
        header=HEADER,
        rows=[
            (name, split, float(EDGES[at]), float(EDGES[at + 1]), int(count))
            for (name, split), found in counts.items()
            for at, count in enumerate(found)
        ],
        missing="There are no degraded images.",
    )
