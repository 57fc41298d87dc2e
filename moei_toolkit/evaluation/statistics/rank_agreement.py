"""Do two data sets put the policies in the same order?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy import stats

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.checks import Missing

FEWEST = 3
"""Two policies are in the same order or not; that is no ranking."""


@dataclass(frozen=True)
class RankAgreement:
    """How alike two rankings are.

    Attributes:
        tau: Kendall's tau-b in [-1, 1]: 1 the same order, -1 the reverse.
        p: Two-sided, against no relation. With few policies even the same order is weak evidence: four
            of them give 0.083 at best.
        policies: What was ranked, sorted.
    """

    tau: float
    p: float
    policies: tuple[str, ...]


def rank_agreement(
    first: Mapping[str, float],
    second: Mapping[str, float],
    called: tuple[str, str] = ("the first ranking", "the second ranking"),
) -> RankAgreement | Missing:
    """Compare the order of the policies that both data sets scored.

    Kendall, "The treatment of ties in ranking problems", Biometrika 1945.

    Args:
        first: Policy -> score in one data set.
        second: Policy -> score in the other; the same direction.
        called: What the two are called in sentences.

    Returns:
        How alike they are, or why there is nothing to compare: a data set scores all policies the same, as a
        run does that was never trained, which leaves tau undefined.

    Raises:
        DataError: Fewer than three policies in common, or a score that is not finite.
    """
    policies = tuple(sorted(first.keys() & second.keys()))
    if len(policies) < FEWEST:
        raise DataError(
            f"expected at least {FEWEST} policies in both rankings, got {len(policies)} in common of "
            f"{sorted(first)} and {sorted(second)}"
        )
    scores = [[float(ranking[policy]) for policy in policies] for ranking in (first, second)]
    for which, values in zip(called, scores, strict=True):
        bad = [policy for policy, value in zip(policies, values, strict=True) if not math.isfinite(value)]
        if bad:
            raise DataError(f"{which} has no finite score for {', '.join(map(repr, bad))}")
    for which, values in zip(called, scores, strict=True):
        if len(set(values)) == 1:
            return Missing(
                f"{which} scores all of {', '.join(policies)} {values[0]:g}: "
                "without an order there is no agreement to measure"
            )
    found = stats.kendalltau(*scores, variant="b")
    return RankAgreement(float(found.statistic), float(found.pvalue), policies)
