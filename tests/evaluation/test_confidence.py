"""Calibration error, reliability and coverage, against hand values and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torchmetrics.functional.classification import binary_calibration_error

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.confidence import (
    coverage_curve,
    expected_calibration_error,
    negative_log_likelihood,
    reliability_bins,
)


def routed(count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    confidence = generator.uniform(1 / 3, 1, count)
    return confidence, generator.random(count) < confidence**2


def test_error_by_hand():
    # one bin holds .9 and .85 (one right of two), one holds .4 (wrong)
    value = expected_calibration_error([0.9, 0.85, 0.4], [1, 0, 0], bins=5)
    assert value == pytest.approx((2 * abs(0.5 - 0.875) + 0.4) / 3)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_error_equals_torchmetrics_away_from_the_edges(bins: int):
    confidence, correct = routed()
    # torchmetrics' binary form bins a probability of class 1 and compares it with how often class 1 is true
    expected = binary_calibration_error(torch.tensor(confidence), torch.tensor(correct).int(), n_bins=bins)
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(expected.item(), abs=1e-6)


def test_edges_belong_to_the_bin_below():
    edges = np.arange(1, 16) / 15
    table = reliability_bins(np.append(edges, 0.0), np.ones(16), bins=15)
    assert [part.count for part in table] == [2] + [1] * 14
    assert all(part.high == edge for part, edge in zip(table, edges, strict=True))
    just_above = reliability_bins(np.nextafter(edges[:-1], 1), np.ones(14), bins=15)
    assert [part.count for part in just_above] == [0] + [1] * 14


def test_certainty_at_both_ends():
    assert expected_calibration_error([1.0, 1.0], [True, True]) == 0
    assert expected_calibration_error([0.0, 0.0], [0, 0]) == 0
    assert expected_calibration_error([1.0], [0]) == 1
    assert expected_calibration_error(np.float32([1.0000001]), [1]) == 0


def test_bins_say_what_is_in_them():
    low, high = reliability_bins([0.2, 0.4, 0.9], [0, 1, 1], bins=2)
    assert (low.low, low.high, low.count, low.accuracy) == (0, 0.5, 2, 0.5)
    assert low.confidence == pytest.approx(0.3)
    assert (high.count, high.confidence, high.accuracy) == (1, 0.9, 1)
    empty = reliability_bins([0.9], [1], bins=2)[0]
    assert (empty.count, empty.confidence, empty.accuracy) == (0, 0, 0)


def test_coverage_by_hand():
    curve = coverage_curve([0.9, 0.5, 0.7], [0.0, 3.0, 1.0])
    assert curve.threshold.tolist() == [0.9, 0.7, 0.5]
    np.testing.assert_allclose(curve.coverage, [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(curve.risk, [0, 0.5, 4 / 3])


def test_equal_confidences_are_kept_or_dropped_together():
    curve = coverage_curve([0.5, 0.8, 0.5, 0.5], [1, 0, 0, 2])
    assert curve.threshold.tolist() == [0.8, 0.5]
    np.testing.assert_allclose(curve.coverage, [0.25, 1])
    np.testing.assert_allclose(curve.risk, [0, 0.75])


def test_coverage_agrees_with_its_definition():
    confidence, correct = routed(200)
    confidence = np.round(confidence, 2)
    curve = coverage_curve(confidence, ~correct)
    for tau, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        kept = confidence >= tau
        assert coverage == pytest.approx(kept.mean())
        assert risk == pytest.approx((~correct[kept]).mean())


def test_likelihood_equals_scikit_learn():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet([1, 1, 1], 50)
    labels = generator.integers(0, 3, 50)
    expected = log_loss(labels, probabilities, labels=[0, 1, 2])
    assert negative_log_likelihood(probabilities, labels) == pytest.approx(expected)


def test_a_sure_mistake_stays_finite():
    assert negative_log_likelihood(np.array([[1.0, 0.0]]), [1]) == pytest.approx(-np.log(1e-12))


@pytest.mark.parametrize(
    ("confidence", "correct", "word"),
    [
        ([], [], "length"),
        ([0.5], [1, 0], "length"),
        ([[0.5]], [[1]], "length"),
        ([np.nan], [1], "finite"),
        ([0.5], [np.nan], "finite"),
        ([1.1], [1], "1.1"),
        ([-0.1], [1], "-0.1"),
        ([0.5], [0.5], "0 and 1"),
    ],
)
def test_what_is_no_sample_is_refused(confidence: list[float], correct: list[float], word: str):
    with pytest.raises(DataError, match=word):
        expected_calibration_error(confidence, correct)


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
