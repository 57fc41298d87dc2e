"""How good every policy is on every weather, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.figures.estimates import Estimate, draw_estimates, height_of, whiskers
from moei_toolkit.report.figures.series import looks_of

HEADER = ("weather", "policy", "value", "low", "high")


def quality_by_weather(
    quality: Mapping[str, Mapping[str, Estimate]], metric: str = "PSNR", unit: str = "dB", digits: int = 2
) -> Figure:
    """Show one metric by weather and policy, as dots with intervals; each weather has its own scale.

    Args:
        quality: Weather -> policy, as it is to be called -> estimate.
        metric: Its name.
        unit: Of its values; may be empty.
        digits: Behind the decimal point.
    """
    label = ", ".join(filter(None, (metric, unit)))

    def panel(weather: str, estimates: Mapping[str, Estimate]) -> Panel:
        def draw(axes: Axes) -> None:
            draw_estimates(axes, estimates, looks_of(estimates), f".{digits}f")
            axes.set(title=weather, xlabel=label)

        return Panel(f"{metric} of every policy: {weather}", height_of(len(estimates)), draw)

    return Figure(
        title=f"{metric} by weather",
        caption=f"Mean over images ({label}). {whiskers(quality)}Every weather has its own scale.",
        panels=[panel(weather, estimates) for weather, estimates in quality.items()],
        header=HEADER,
        rows=[
            (weather, policy, *estimate)
            for weather, estimates in quality.items()
            for policy, estimate in estimates.items()
        ],
        missing="Not measured: there are no degraded test images.",
    )
