"""How trainings went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.palette import light

DOTS = 20
"""Measurements are marked up to this number."""
HEADER = ("training", "iteration", "PSNR")


def training_curves(histories: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Show the validation PSNR of every training over its iterations, each on its own scale.

    Args:
        histories: Name of the training -> measurements with ``iteration`` and ``psnr`` (dB).
    """

    def panel(name: str, history: Sequence[Mapping[str, float]]) -> Panel:
        def draw(axes: Axes) -> None:
            iterations, psnr = [point["iteration"] for point in history], [point["psnr"] for point in history]
            axes.plot(iterations, psnr, "o-" if len(psnr) <= DOTS else "-", color=light("blue"))
            axes.locator_params(axis="x", nbins=5)
            if psnr:
                axes.set_title(f"{psnr[-1]:.2f} dB", loc="right", fontweight="normal", fontsize=8.5)
            axes.set(title=name, xlabel="iteration", ylabel="PSNR, dB")
            axes.set_xlim(left=0)

        return Panel(f"Training of {name}", 1.8, draw)

    return Figure(
        title="Validation PSNR",
        caption="PSNR on validation images over the iterations of each training, the last one on top. "
        "Every training has its own scale.",
        panels=[panel(name, history) for name, history in histories.items()],
        header=HEADER,
        rows=[
            (name, point["iteration"], point["psnr"])
            for name, history in histories.items()
            for point in history
        ],
        missing="Nothing was trained.",
    )
