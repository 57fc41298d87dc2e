"""Platt scaling is scikit-learn's, on the log-odds of the router's own softmax."""

from __future__ import annotations

import numpy as np
import pytest
from calibration_samples import calibrated_by_sklearn, fitted, sample
from scipy.special import expit, logit, softmax

from moei_toolkit.calibrators.platt import Platt


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("experts", [2, 3, 7])
@pytest.mark.parametrize("count", [60, 800])
def test_equals_scikit_learn(experts: int, count: int):
    logits, targets = sample(experts, count)
    new = sample(experts, 200, seed=1)[0]
    odds, new_odds = (logit(softmax(values, axis=1)) for values in (logits, new))
    expected = calibrated_by_sklearn("sigmoid", odds, targets, new_odds)
    np.testing.assert_allclose(fitted(Platt(), logits, targets).probabilities(new), expected, atol=1e-5)


def test_two_experts_have_opposite_sigmoids():
    found = fitted(Platt(), *sample(2, 300))
    np.testing.assert_allclose(found.slopes[0], found.slopes[1], rtol=1e-9)
    np.testing.assert_allclose(found.offsets[0], -found.offsets[1], rtol=1e-9)


def test_no_neighbour_of_the_optimum_is_better():
    logits, targets = sample(3, 400)
    found, odds = fitted(Platt(), logits, targets), logit(softmax(logits, axis=1))[:, 1]
    hit = targets == 1
    wanted = np.where(hit, (hit.sum() + 1) / (hit.sum() + 2), 1 / ((~hit).sum() + 2))

    def cost(slope: float, offset: float) -> float:
        chance = expit(slope * odds + offset)
        return float(-(wanted * np.log(chance) + (1 - wanted) * np.log(1 - chance)).sum())

    best = cost(found.slopes[1], found.offsets[1])
    for angle in np.linspace(0, 2 * np.pi, 16):
        aside = cost(found.slopes[1] + 1e-3 * np.cos(angle), found.offsets[1] + 1e-3 * np.sin(angle))
        assert aside > best


def test_logits_that_tell_nothing_give_how_often_each_expert_is_best():
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    probabilities = fitted(Platt(), np.tile([1.0, 0.0, 0.0], (100, 1)), targets).probabilities(
        np.array([[1.0, 0, 0]])
    )
    np.testing.assert_allclose(probabilities, [[0.6, 0.3, 0.1]], atol=0.02)


def test_experts_told_apart_perfectly_keep_finite_sigmoids():
    logits = np.random.default_rng(0).normal(0, 3, (100, 3))
    found = fitted(Platt(), logits, logits.argmax(1))
    assert np.isfinite([found.slopes, found.offsets]).all()
    assert (found.slopes > 0).all()
