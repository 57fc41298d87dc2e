"""Calibration errors and likelihoods, against hand values, plain loops and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from confidence_examples import evenly_spread, routed
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.functional.classification import binary_calibration_error

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.reliability.bins import equal_mass_bins, reliability_bins
from moei_toolkit.evaluation.reliability.calibration_error import (
    brier_score,
    debiased_squared_error,
    decision_likelihood,
    error_over,
    expected_calibration_error,
    negative_log_likelihood,
)

OFF_EDGES = (
    [
        0.34,
        0.41,
        0.48,
        0.52,
        0.55,
        0.61,
        0.63,
        0.69,
        0.72,
        0.77,
        0.78,
        0.83,
        0.88,
        0.91,
        0.94,
        0.97,
        0.98,
        0.99,
    ],
    [0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1],
)
NETCAL = [(5, 0.06), (10, 0.10777777777777778), (15, 0.2188888888888889)]
"""Bins, and what ECE of netcal 1.4.0 measures on these decisions."""


def plainly(confidence, correct, bins: int) -> float:
    """The definition, bin by bin and decision by decision."""
    error = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        mine = [i for i, c in enumerate(confidence) if low < c <= high or c == low == 0]
        if mine:
            accuracy = sum(bool(correct[i]) for i in mine) / len(mine)
            mean = sum(confidence[i] for i in mine) / len(mine)
            error += len(mine) / len(confidence) * abs(accuracy - mean)
    return error


def test_error_by_hand():
    # one bin holds .9 and .85 (one right of two), one holds .4 (wrong)
    value = expected_calibration_error([0.9, 0.85, 0.4], [1, 0, 0], bins=5)
    assert value == pytest.approx((2 * abs(0.5 - 0.875) + 0.4) / 3)


@pytest.mark.parametrize("bins", [1, 2, 10, 15, 100])
@pytest.mark.parametrize("digits", [17, 1])
def test_error_equals_its_definition_on_edges_and_ties_too(bins: int, digits: int):
    confidence, correct = routed(300)
    confidence = np.concatenate([confidence.round(digits), [0, 0, 1, 1], np.arange(16) / 15])
    correct = np.concatenate([correct, [0, 1, 0, 1], np.arange(16) % 2])
    expected = plainly(confidence, correct, bins)
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_error_equals_torchmetrics_away_from_the_edges(bins: int):
    confidence, correct = routed()
    # torchmetrics' binary form bins a probability of class 1 and compares it with how often class 1 is true
    expected = binary_calibration_error(torch.tensor(confidence), torch.tensor(correct).int(), n_bins=bins)
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(expected.item(), abs=1e-6)


@pytest.mark.parametrize(("bins", "expected"), NETCAL)
def test_error_equals_netcal_away_from_the_edges(bins: int, expected: float):
    assert expected_calibration_error(*OFF_EDGES, bins) == pytest.approx(expected, abs=1e-12)


def test_on_an_edge_the_bin_below_decides():
    # .4 and .5 share the bin (0, .5]; with [.5, 1) as in netcal the error would be .45
    assert expected_calibration_error([0.5, 0.4], [1, 0], bins=2) == pytest.approx(0.05)
    # (.2, .4] holds both .4, one of them right; (0, .2] and (.4, .6] one wrong each
    value = expected_calibration_error([0.2, 0.4, 0.4, 0.6], [0, 1, 0, 0], bins=5)
    assert value == pytest.approx((0.2 + 2 * 0.1 + 0.6) / 4)


def test_certainty_at_both_ends():
    assert expected_calibration_error([1.0, 1.0], [True, True]) == 0
    assert expected_calibration_error([0.0, 0.0], [0, 0]) == 0
    assert expected_calibration_error([1.0], [0]) == 1
    assert expected_calibration_error(np.float32([1.0000001]), [1]) == 0


def test_one_decision():
    assert expected_calibration_error([0.7], [1]) == pytest.approx(0.3)
    assert error_over(equal_mass_bins([0.7], [0])) == pytest.approx(0.7)


def test_debiased_error_by_hand():
    # (.8, 1]: .85 and .95, one right; (.4, .6]: three of .5, two right; (.6, .8]: one, which is left out
    table = reliability_bins([0.85, 0.95, 0.5, 0.5, 0.5, 0.7], [1, 0, 1, 1, 0, 1], bins=5)
    high = (0.5 - 0.9) ** 2 - 0.5 * 0.5 / 1
    low = (2 / 3 - 0.5) ** 2 - (2 / 3 * 1 / 3) / 2
    assert debiased_squared_error(table) == pytest.approx((2 * high + 3 * low) / 5)


def test_what_chance_adds_cannot_be_told_from_single_decisions():
    assert debiased_squared_error(reliability_bins([0.1, 0.5, 0.9], [0, 1, 1])) is None
    assert debiased_squared_error(reliability_bins([0.7], [1])) is None


def test_on_average_the_debiased_error_is_the_true_one():
    generator = np.random.default_rng(0)
    # Equal confidences within a bin: the true squared error is (truth - said)^2.
    said, truth = np.repeat([0.5, 0.7, 0.9], 20), np.repeat([0.5, 0.6, 0.8], 20)
    draws = generator.random((4000, 60)) < truth
    tables = [reliability_bins(said, drawn) for drawn in draws]
    debiased = np.array([debiased_squared_error(table) for table in tables], float)
    plain = np.array(
        [sum(p.count * (p.accuracy - p.confidence) ** 2 for p in table) / 60 for table in tables]
    )
    expected, error = (0 + 0.01 + 0.01) / 3, debiased.std() / np.sqrt(len(debiased))
    assert abs(debiased.mean() - expected) < 3 * error
    assert plain.mean() - expected > 20 * error


def test_a_calibrated_router_comes_out_around_zero():
    generator, confidence = np.random.default_rng(0), evenly_spread(0.85, 300)
    values = [
        debiased_squared_error(reliability_bins(confidence, generator.random(300) < confidence))
        for _ in range(300)
    ]
    assert abs(np.mean(values)) < 1e-3  # the plain square is 8e-3
    assert min(values) < 0 < max(values)


def test_brier_score_equals_scikit_learn():
    confidence, correct = routed()
    assert brier_score(confidence, correct) == pytest.approx(brier_score_loss(correct, confidence))
    assert brier_score([1.0, 0.0], [1, 0]) == 0
    assert brier_score([1.0], [0]) == 1


def test_likelihood_of_decisions_equals_scikit_learn():
    confidence, correct = routed()
    assert decision_likelihood(confidence, correct) == pytest.approx(log_loss(correct, confidence))


def test_likelihood_equals_scikit_learn():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet([1, 1, 1], 50)
    labels = generator.integers(0, 3, 50)
    expected = log_loss(labels, probabilities, labels=[0, 1, 2])
    assert negative_log_likelihood(probabilities, labels) == pytest.approx(expected)


def test_a_sure_mistake_stays_finite():
    assert negative_log_likelihood(np.array([[1.0, 0.0]]), [1]) == pytest.approx(-np.log(1e-12))
    assert decision_likelihood([1.0, 0.0], [0, 1]) == pytest.approx(-np.log(1e-12))


@pytest.mark.parametrize("measure", [expected_calibration_error, brier_score, decision_likelihood])
def test_what_is_no_sample_is_refused(measure):
    for confidence, correct in (([np.nan], [1]), ([0.5], [np.nan]), ([], []), ([0.5], [2])):
        with pytest.raises(DataError):
            measure(confidence, correct)


def test_no_bins_are_refused():
    with pytest.raises(ConfigError, match="bin"):
        expected_calibration_error([0.5], [1], bins=0)


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [
        (np.zeros((0, 3)), []),
        (np.ones(3) / 3, [0, 1, 2]),
        (np.array([[0.5, 0.6]]), [0]),
        (np.array([[-0.5, 1.5]]), [0]),
        (np.array([[np.nan, 1.0]]), [0]),
        (np.array([[0.5, 0.5]]), [2]),
        (np.array([[0.5, 0.5]]), [0.0]),
        (np.array([[0.5, 0.5]]), [0, 1]),
    ],
)
def test_what_are_no_probabilities_is_refused(probabilities: np.ndarray, labels: list[float]):
    with pytest.raises(DataError):
        negative_log_likelihood(probabilities, labels)  # type: ignore[arg-type]
