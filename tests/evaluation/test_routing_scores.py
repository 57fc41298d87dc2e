"""Regret, agreement and utilization, on tables small enough to check by eye."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.routing.scores import agreement, regret, utilization

QUALITY = np.array([[30.0, 25.0, 20.0], [21.0, 21.04, 15.0], [18.0, 18.0, 17.0], [10.0, 11.0, 12.5]])


def test_regret_by_hand():
    np.testing.assert_allclose(regret(QUALITY, [30.0, 21.0, 17.0, 13.0]), [0, 0.04, 1, -0.5])


def test_strict_agreement_counts_exact_ties():
    assert agreement(QUALITY, [0, 1, 0, 2]) == 1
    assert agreement(QUALITY, [0, 1, 1, 2]) == 1
    assert agreement(QUALITY, [0, 0, 2, 2]) == 0.5


def test_strict_agreement_equals_accuracy_without_ties():
    generator = np.random.default_rng(0)
    quality, chosen = generator.random((60, 3)), generator.integers(0, 3, 60)
    assert agreement(quality, chosen) == pytest.approx(accuracy_score(quality.argmax(1), chosen))


def test_agreement_within_some_decibels():
    chosen = [1, 0, 2, 2]
    assert agreement(QUALITY, chosen, within=0.03) == 0.25
    assert agreement(QUALITY, chosen, within=0.05) == 0.5
    assert agreement(QUALITY, chosen, within=1.0) == 0.75
    assert agreement(QUALITY, chosen, within=5.0) == 1
    assert agreement(np.array([[20.0, 20.05]]), [0], within=0.05) == 1


def test_utilization_is_the_share_of_each_expert():
    np.testing.assert_allclose(utilization([0, 2, 2, 0, 0], 4), [0.6, 0, 0.4, 0])


@pytest.mark.parametrize(
    ("quality", "achieved"),
    [
        (np.zeros((0, 3)), []),
        (np.zeros(3), [0, 0, 0]),
        (QUALITY, [1.0]),
        (np.array([[np.nan, 1.0]]), [1.0]),
        (np.ones((1, 2)), [np.inf]),
    ],
)
def test_tables_that_do_not_fit_are_refused(quality: np.ndarray, achieved: list[float]):
    with pytest.raises(DataError):
        regret(quality, achieved)


@pytest.mark.parametrize("chosen", [[], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, -1], [0.0, 1.0, 1.0, 1.0]])
def test_choices_that_are_no_experts_are_refused(chosen: list[int]):
    with pytest.raises(DataError):
        agreement(QUALITY, chosen)


def test_other_nonsense_is_refused():
    with pytest.raises(ConfigError, match="within"):
        agreement(QUALITY, [0, 0, 0, 0], within=-1)
