"""MoE-I against its rivals, with how sure each difference is."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.evaluation.checks import told_p
from moei_toolkit.evaluation.quality import macro_label
from moei_toolkit.evaluation.statistics.bootstrap import COVERAGE, LEVEL, RESAMPLES
from moei_toolkit.evaluation.statistics.comparisons import MACRO, Comparison
from moei_toolkit.report.tables.table import Table, name_of

FEW = 20
"""With fewer scenes an interval is too narrow by more than one would guess."""


def comparison_table(comparisons: Sequence[Comparison], metric: str, digits: int) -> Table:
    """Return every comparison in one metric."""
    chosen = [one for one in comparisons if one.metric == metric]
    level = next((one.significance.level for one in chosen if one.significance), None)
    macro = macro_label(len({one.weather for one in chosen} - {MACRO}))
    return Table(
        title=f"MoE-I against its rivals, {metric.upper()}",
        header=[
            "rival",
            "weather",
            "difference",
            "interval" if level is None else f"{level:.0%} interval",
            "d",
            "p (t)",
            "p (Wilcoxon)",
            "scenes",
            "finding",
        ],
        rows=[_row(one, macro if one.weather == MACRO else one.weather, digits) for one in chosen],
        note=" ".join([_HOW, *caution_of(chosen)]),
    )


_HOW = (
    f"MoE-I minus rival. Paired bootstrap over scenes (BCa, {RESAMPLES:,} resamples); Cohen's d and both "
    "two-sided tests on the means of scenes. Better and worse are findings whose interval excludes zero and "
    "whose t-test agrees; they are not corrected for how many there are. Scenes that all differ by the same "
    "have no spread to judge by, and so no d and no p (t)."
)


def caution_of(comparisons: Sequence[Comparison]) -> list[str]:
    """Return what to know of intervals from few scenes, if there are any."""
    fewest = min((one.scenes for one in comparisons if one.significance), default=FEW)
    if fewest >= FEW:
        return []
    held = ", ".join(f"{share:.0%} with {scenes}" for scenes, share in COVERAGE.items())
    return [
        f"Intervals from {fewest} scenes are too narrow: tried on normally distributed differences, "
        f"{LEVEL:.0%} intervals held the truth this often: {held} scenes."
    ]


def _row(one: Comparison, weather: str, digits: int) -> list[str]:
    difference = f"{one.difference:+.{digits}f}"
    names = [name_of(one.second), weather, difference]
    if one.significance is None:
        return [*names, "-", "-", "-", "-", str(one.scenes), f"open: {one.reason}"]
    found, effect = one.significance, one.significance.tests.cohens_d
    return [
        *names,
        f"{found.bca.low:+.{digits}f} to {found.bca.high:+.{digits}f}",
        *(["-", "-"] if effect is None else [f"{effect:.2f}", told_p(found.tests.p_t)]),
        told_p(found.tests.p_wilcoxon),
        str(one.scenes),
        one.finding,
    ]
