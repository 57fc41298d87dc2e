"""MoE-I against its rivals, with how sure each difference is."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.evaluation.statistics.comparisons import Comparison
from moei_toolkit.report.tables.table import Table, name_of


def comparison_table(comparisons: Sequence[Comparison], metric: str, digits: int) -> Table:
    """Return every comparison in one metric."""
    chosen = [one for one in comparisons if one.metric == metric]
    level = next((one.significance.level for one in chosen if one.significance), None)
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
        rows=[_row(one, digits) for one in chosen],
        note="MoE-I minus rival. Paired bootstrap over scenes (BCa, 10,000 resamples); Cohen's d and both "
        "two-sided tests on the means of scenes. Better and worse are findings whose interval excludes zero.",
    )


def _row(one: Comparison, digits: int) -> list[str]:
    difference = f"{one.difference:+.{digits}f}"
    names = [name_of(one.second), one.weather, difference]
    if one.significance is None:
        return [*names, "-", "-", "-", "-", str(one.scenes), f"open: {one.reason}"]
    found = one.significance
    return [
        *names,
        f"{found.bca.low:+.{digits}f} to {found.bca.high:+.{digits}f}",
        "-" if found.tests.cohens_d is None else f"{found.tests.cohens_d:.2f}",
        f"{found.tests.p_t:.3f}",
        f"{found.tests.p_wilcoxon:.3f}",
        str(one.scenes),
        one.finding,
    ]
