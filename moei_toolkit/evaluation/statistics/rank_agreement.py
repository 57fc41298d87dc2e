"""Do two data sets put the policies in the same order?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy import stats

from moei_toolkit.errors import DataError

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


def rank_agreement(first: Mapping[str, float], second: Mapping[str, float]) -> RankAgreement:
    """Compare the order of the policies that both data sets scored.

    Kendall, "The treatment of ties in ranking problems", Biometrika 1945.

    Args:
        first: Policy -> score in one data set.
        second: Policy -> score in the other; the same direction.

    Raises:
        DataError: Fewer than three policies in common, a score that is not finite, or a data set that
            scores all of them the same, which leaves tau undefined.
    """
    policies = tuple(sorted(first.keys() & second.keys()))
    if len(policies) < FEWEST:
        raise DataError(
            f"expected at least {FEWEST} policies in both rankings, got {len(policies)} in common of "
            f"{sorted(first)} and {sorted(second)}"
        )
    scores = [[float(ranking[policy]) for policy in policies] for ranking in (first, second)]
    for which, values in zip(("first", "second"), scores, strict=True):
        bad = [policy for policy, value in zip(policies, values, strict=True) if not math.isfinite(value)]
        if bad:
            raise DataError(f"the {which} ranking has no finite score for {', '.join(map(repr, bad))}")
        if len(set(values)) == 1:
            raise DataError(
                f"the {which} ranking scores all of {', '.join(policies)} {values[0]:g}: "
                "without an order there is no agreement to measure"
            )
    found = stats.kendalltau(*scores, variant="b")
    return RankAgreement(float(found.statistic), float(found.pvalue), policies)
