"""A run on data that are not its own, and what calibrating again brings there."""

from __future__ import annotations

from moei_toolkit.evaluation.checks import told_p
from moei_toolkit.evaluation.shift import Reached, Recalibration, Shift
from moei_toolkit.report.tables.table import Table, name_of


def shift_tables(shift: Shift, threshold: float) -> list[Table]:
    """Return how alike the rankings are, and both calibrations where there are two.

    Args:
        shift: How the run fares.
        threshold: tau of the run's own calibration.
    """
    again = shift.recalibration
    return [_ranking(shift), *([] if again is None else [_calibrations(again, threshold)])]


def _ranking(shift: Shift) -> Table:
    rank = shift.rank
    return Table(
        title="Ranking on other data",
        header=["measure", "value"],
        rows=[
            ["Kendall's tau of the rankings, here and at home", f"{rank.tau:.2f} (p {told_p(rank.p)})"],
            ["policies ranked", f"{len(rank.policies)}: {', '.join(map(name_of, rank.policies))}"],
            ["sensitive to the data", "yes" if shift.sensitive else "no"],
            ["calibrated again", _whether(shift)],
        ],
        note="Policies are ranked by macro PSNR; 1 is the same order as on the run's own test images, -1 the "
        "reverse. p is two-sided, against no relation, and cannot be small with few policies.",
    )


def _whether(shift: Shift) -> str:
    if shift.recalibration is not None:
        return "yes"
    return "not possible with fewer than three scenes" if shift.sensitive else "not needed"


def _calibrations(again: Recalibration, threshold: float) -> Table:
    bound = (
        " The temperature lies at a bound of its search, a sign of too few images to fit it on."
        if again.at_bound
        else ""
    )
    return Table(
        title="Calibrating again on other data",
        header=["measure", "own", "again"],
        rows=[
            _line("ECE", again, "ece", ".3f"),
            _line("abstained", again, "abstained", ".1%"),
            _line("PSNR of what comes out, dB", again, "psnr", ".2f"),
            ["threshold", f"{threshold:.2f}", f"{again.threshold:.2f}"],
            ["temperature, over its own", "1.00", f"{again.temperature:.2f}"],
        ],
        note=f"Temperature fitted on {again.fitting} images, threshold chosen on {again.choosing}; both "
        f"calibrations are judged on the same {again.images} images of other scenes.{bound}",
    )


def _line(name: str, again: Recalibration, field: str, form: str) -> list[str]:
    def said(reached: Reached) -> str:
        return format(getattr(reached, field), form)

    return [name, said(again.before), said(again.after)]
