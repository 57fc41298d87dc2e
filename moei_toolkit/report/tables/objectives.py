"""The research objectives, a line for every check."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.evaluation.objectives import Check, Objective
from moei_toolkit.report.tables.table import Table


def objectives_table(objectives: Sequence[Objective]) -> Table:
    """Return what was measured for each objective, against what, and whether it holds."""
    return Table(
        title="O1 to O11",
        header=["objective", "verdict", "check", "holds", "measured", "threshold"],
        rows=[
            [
                f"{one.id} {one.title}",
                one.verdict,
                check.what,
                _holds(check),
                check.measured,
                check.threshold or "-",
            ]
            for one in objectives
            for check in one.checks
        ],
        note="An objective passes when every check of it holds. What was not measured never passes.",
    )


def _holds(check: Check) -> str:
    return "not measured" if check.holds is None else "pass" if check.holds else "fail"
