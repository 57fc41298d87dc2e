"""Rankings agree as Kendall's tau-b of scipy says, and as far as both data sets rank the same policies."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.checks import Missing
from moei_toolkit.evaluation.statistics.rank_agreement import rank_agreement


def named(*scores: float) -> dict[str, float]:
    return {f"policy {number:02}": score for number, score in enumerate(scores)}


def tau_b(first: list[float], second: list[float]) -> float:
    """By its definition over pairs."""
    pairs = list(combinations(range(len(first)), 2))
    signs = [[np.sign(values[j] - values[i]) for i, j in pairs] for values in (first, second)]
    return np.dot(*signs) / math.sqrt(np.abs(signs[0]).sum() * np.abs(signs[1]).sum())


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("policies", [3, 4, 7, 12])
def test_tau_is_scipys_and_the_definition(policies, ties):
    rng = np.random.default_rng(policies)
    draw = (lambda: rng.integers(0, policies - 1, policies)) if ties else (lambda: rng.normal(size=policies))
    first, second = draw(), draw()
    found = rank_agreement(named(*first), named(*second))
    expected = stats.kendalltau(first, second)
    assert (found.tau, found.p) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-12)
    assert found.tau == pytest.approx(tau_b(first, second), abs=1e-12)


def test_the_same_order_the_reverse_and_what_four_policies_can_prove():
    scores = named(20, 23, 23.5, 24)
    same = rank_agreement(scores, {name: 2 * score for name, score in scores.items()})
    assert (same.tau, same.p) == (1, pytest.approx(2 / 24))  # two of the 24 orders are as far from chance
    assert rank_agreement(scores, {name: -score for name, score in scores.items()}).tau == -1


def test_policies_are_matched_by_name():
    found = rank_agreement(
        {"dense": 1, "actual": 3, "oracle": 4, "only here": 9}, {"oracle": 8, "actual": 7, "dense": 6}
    )
    assert (found.tau, found.policies) == (1, ("actual", "dense", "oracle"))


def test_fewer_than_three_common_policies_are_no_ranking():
    with pytest.raises(DataError, match=r"at least 3 policies in both rankings, got 2 in common"):
        rank_agreement({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "d": 3})


def test_a_data_set_that_ranks_nothing_is_named():
    tied = (
        "scores all of policy 00, policy 01, policy 02 5: without an order there is no agreement to measure"
    )
    assert rank_agreement(named(1, 2, 3), named(5, 5, 5)) == Missing(f"the second ranking {tied}")
    called = ("here", "there")
    assert rank_agreement(named(5, 5, 5), named(1, 2, 3), called) == Missing(f"here {tied}")


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_score_that_is_not_finite_is_named(wrong):
    with pytest.raises(DataError, match="first ranking has no finite score for 'policy 01'"):
        rank_agreement(named(1, wrong, 3), named(1, 2, 3))
