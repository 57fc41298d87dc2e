"""Vector scaling is the logistic regression it is defined as, on the router's own log-probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from calibration_samples import fitted, sample
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.calibrators.vector import OFFSETS, SLOPES, Vector


def cost(probabilities: np.ndarray, targets: np.ndarray) -> float:
    return float(-np.log(probabilities[np.arange(len(targets)), targets]).mean())


def test_two_experts_are_a_logistic_regression():
    logits, targets = sample(2, 600)
    logs = log_softmax(logits, axis=1)
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(logs, targets)
    found = fitted(Vector(), logits, targets)
    assert not found.at_bound
    np.testing.assert_allclose(found.slopes * [-1, 1], reference.coef_[0], atol=1e-3)
    np.testing.assert_allclose(found.offsets[1] - found.offsets[0], reference.intercept_[0], atol=1e-3)
    np.testing.assert_allclose(found.probabilities(logits), reference.predict_proba(logs), atol=1e-5)


@pytest.mark.parametrize("experts", [3, 7])
def test_equals_a_general_minimiser(experts: int):
    logits, targets = sample(experts, 600)
    logs = log_softmax(logits, axis=1)

    def loss(parameters: np.ndarray) -> float:
        scores = log_softmax(logs * parameters[:experts] + parameters[experts:], axis=1)
        return float(-scores[np.arange(len(targets)), targets].mean())

    best = minimize(loss, np.append(np.ones(experts), np.zeros(experts)), method="SLSQP", tol=1e-12)
    found = fitted(Vector(), logits, targets)
    assert cost(found.probabilities(logits), targets) == pytest.approx(best.fun, abs=1e-8)
    np.testing.assert_allclose(found.slopes, best.x[:experts], atol=1e-3)


@pytest.mark.parametrize("experts", [2, 3, 7])
def test_is_never_worse_than_a_temperature_where_it_was_fitted(experts: int):
    logits, targets = sample(experts, 100)
    temperature = Temperature()
    temperature.fit(logits, targets)
    best = cost(fitted(Vector(), logits, targets).probabilities(logits), targets)
    assert best <= cost(temperature.probabilities(logits), targets) + 1e-12


def test_a_favoured_expert_is_found_out():
    logits, targets = sample(3, 20_000)  # half of what they say, and 1 more for the first
    found = fitted(Vector(), logits, targets)
    np.testing.assert_allclose(found.slopes, 0.5, atol=0.05)
    np.testing.assert_allclose(found.offsets - found.offsets[1], [1, 0, 0], atol=0.1)


def test_an_expert_that_is_never_best_stops_at_a_bound():
    logits = np.random.default_rng(0).normal(0, 1, (50, 3))
    found = fitted(Vector(), logits, np.arange(50) % 2)
    assert found.at_bound
    assert ((found.slopes >= SLOPES[0]) & (found.slopes <= SLOPES[1])).all()
    assert np.ptp(found.offsets) <= OFFSETS[1] - OFFSETS[0]
    assert found.probabilities(logits)[:, 2].max() < 0.01


def test_equals_what_netcal_returned():
    """Of `LogisticCalibration` of netcal 1.4.0, fitted on the same samples."""
    expected = [
        [0.473816, 0.358625, 0.167559],
        [0.062744, 0.632694, 0.304563],
        [0.232794, 0.45962, 0.307586],
    ]
    calibrator = Vector()
    calibrator.fit(*sample(3, 800))
    np.testing.assert_allclose(calibrator.probabilities(sample(3, 3, seed=1)[0]), expected, atol=5e-5, rtol=0)


@pytest.mark.parametrize(
    ("slopes", "offsets"),
    [
        ([-1.0, 1.0], [0.0, 0.0]),
        ([0.01, 1.0], [0.0, 0.0]),
        ([1.0, 21.0], [0.0, 0.0]),
        ([1.0, 1.0], [50.0, -50.0]),
    ],
)
def test_what_no_fit_gives_is_not_taken_back(slopes: list[float], offsets: list[float]):
    calibrator = Vector()
    with pytest.raises(ValueError, match="expected slopes in"):
        calibrator.load_state({"slopes": slopes, "offsets": offsets, "at_bound": True})
    assert not len(calibrator.slopes)
