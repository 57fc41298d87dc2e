"""The research objectives, a line for every check."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.evaluation.checks import Check, Verdict
from moei_toolkit.evaluation.objectives import Objective
from moei_toolkit.report.tables.table import Table

HOW_TO_READ = "An objective passes when every check of it holds. What was not measured never passes."


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
                verdict_of(check),
                check.measured,
                check.threshold,
            ]
            for one in objectives
            for check in one.checks
        ],
        note=HOW_TO_READ,
    )


def verdict_of(check: Check) -> Verdict:
    """Return whether a check holds, in the words of the objectives."""
    return "not measured" if check.holds is None else "pass" if check.holds else "fail"
