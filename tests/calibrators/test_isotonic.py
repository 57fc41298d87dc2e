"""Isotonic calibration is scikit-learn's, one expert against the rest."""

from __future__ import annotations

import numpy as np
import pytest
from calibration_samples import calibrated_by_sklearn, fitted, sample
from scipy.special import softmax
from sklearn.isotonic import IsotonicRegression

from moei_toolkit.calibrators.isotonic import Isotonic, fit_rising


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("experts", [2, 3, 7])
@pytest.mark.parametrize("count", [60, 800])
def test_equals_scikit_learn(experts: int, count: int):
    logits, targets = sample(experts, count)
    new = sample(experts, 200, seed=1)[0]
    own, new_own = (softmax(values, axis=1) for values in (logits, new))
    expected = calibrated_by_sklearn("isotonic", own, targets, new_own)
    np.testing.assert_allclose(fitted(Isotonic(), logits, targets).probabilities(new), expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_the_one_of_scikit_learn(seed: int):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 40, 200) / 40, rng.random(200)  # with many ties
    points, heights = fit_rising(x, y)
    reference = IsotonicRegression(out_of_bounds="clip").fit(x, y)
    np.testing.assert_allclose(points, reference.X_thresholds_)
    np.testing.assert_allclose(heights, reference.y_thresholds_)


def test_a_rising_sample_is_kept_and_a_falling_one_levelled():
    x = np.array([0.1, 0.2, 0.3])
    np.testing.assert_array_equal(fit_rising(x, np.array([0.0, 0.5, 1.0]))[1], [0, 0.5, 1])
    points, heights = fit_rising(x, np.array([1.0, 0.5, 0.0]))
    np.testing.assert_array_equal(points, [0.1, 0.3])
    np.testing.assert_allclose(heights, 0.5)


def test_where_no_expert_was_ever_right_all_are_alike():
    logits = np.array([[0.0, 2.0, -2.0], [0.1, 2.1, -2.0]])
    found = fitted(Isotonic(), logits, np.array([1, 1]))
    found.curves = [(points, np.zeros_like(heights)) for points, heights in found.curves]
    np.testing.assert_allclose(found.probabilities(logits), 1 / 3)


@pytest.mark.parametrize(
    "curve",
    [
        [[], []],
        [[0.0, 1.0], [-5.0, 7.0]],
        [[-1.0, 1.0], [0.0, 1.0]],
        [[0.5, 0.5], [0.0, 1.0]],
        [[0.2, 0.1], [0.0, 1.0]],
        [[0.1, 0.2], [1.0, 0.0]],
        [[0.1, 0.2], [0.5]],
        [[0.1, float("nan")], [0.0, 1.0]],
        [[0.1, 0.2]],
        1,
    ],
)
def test_what_is_no_rising_curve_is_not_taken_back(curve: object):
    calibrator = Isotonic()
    with pytest.raises(ValueError, match="expected"):
        calibrator.load_state({"curves": [curve, curve]})
    assert calibrator.curves == ()
