"""Holm's adjustment equals hand-computed cases and its definition by closed testing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.statistics.multiplicity import holm


def by_closed_testing(p_values: np.ndarray) -> list[float]:
    """A hypothesis is rejected when Bonferroni rejects every intersection it belongs to."""
    every = range(len(p_values))
    families = [family for size in every for family in combinations(every, size + 1)]
    return [
        max(min(1.0, len(family) * min(p_values[list(family)])) for family in families if one in family)
        for one in every
    ]


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # 3 x 0.01; 2 x 0.03 lifts 0.04; 4 x 0.005
        ([0.01, 0.02, 0.02], [0.03, 0.04, 0.04]),
        ([0.5, 0.4, 0.9], [1, 1, 1]),
        ([0, 1], [0, 1]),
    ],
)
def test_cases_computed_by_hand(p_values, adjusted):
    np.testing.assert_allclose(holm(p_values), adjusted, rtol=0, atol=1e-15)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_the_definition(size):
    rng = np.random.default_rng(size)
    for p_values in (rng.random(size) ** 3, rng.integers(0, 4, size) / 10):
        np.testing.assert_allclose(holm(p_values), by_closed_testing(p_values), rtol=0, atol=1e-15)


def test_the_order_of_the_tests_does_not_matter_and_is_kept():
    p_values = np.random.default_rng(0).random(9) ** 4
    order = np.random.default_rng(1).permutation(9)
    np.testing.assert_array_equal(holm(p_values[order]), holm(p_values)[order])


def test_no_value_gets_smaller_or_changes_places():
    p_values = np.sort(np.random.default_rng(2).random(20) ** 4)
    adjusted = holm(p_values)
    assert (adjusted >= p_values).all()
    assert (np.diff(adjusted) >= 0).all()
    assert adjusted[-1] <= 1


@pytest.mark.parametrize("wrong", [[], [0.1, float("nan")], [-0.1], [1.1], [[0.1]]])
def test_what_is_no_p_value_is_refused(wrong):
    with pytest.raises(DataError, match=r"p values .* in \[0, 1\]"):
        holm(wrong)
