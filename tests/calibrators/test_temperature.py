"""The temperature is the one of least negative log-likelihood, and changes no decision."""

from __future__ import annotations

import numpy as np
import pytest
from calibration_samples import sample as mixed_sample
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from moei_toolkit.calibrators.temperature import BOUNDS, Temperature
from moei_toolkit.errors import DataError


def sample(temperature: float, experts: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and targets drawn as often as softmax(logits / temperature) says."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (count, experts))
    chances = softmax(logits / temperature, axis=1)
    return logits, (chances.cumsum(1) < rng.random((count, 1))).sum(1)


def cost(log_temperature: float, logits: np.ndarray, targets: np.ndarray) -> float:
    scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
    return float(-scaled[np.arange(len(targets)), targets].mean())


def fitted(logits: np.ndarray, targets: np.ndarray) -> Temperature:
    calibrator = Temperature()
    calibrator.fit(logits, targets)
    return calibrator


@pytest.mark.parametrize("experts", [2, 3, 7])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_equals_a_general_minimiser(experts: int, temperature: float, seed: int):
    logits, targets = sample(temperature, experts, 400, seed)
    best = minimize_scalar(
        cost, bounds=np.log(BOUNDS), args=(logits, targets), method="bounded", options={"xatol": 1e-9}
    )
    found = fitted(logits, targets)
    assert found.temperature == pytest.approx(np.exp(best.x), rel=1e-4)
    assert cost(np.log(found.temperature), logits, targets) <= best.fun + 1e-12
    assert not found.at_bound


@pytest.mark.parametrize("experts", [2, 3])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 6.0])
def test_no_point_of_a_fine_grid_is_better(experts: int, temperature: float):
    logits, targets = sample(temperature, experts, 300, 2)
    grid = np.linspace(*np.log(BOUNDS), 6001)
    costs = np.array([cost(point, logits, targets) for point in grid])
    found = np.log(fitted(logits, targets).temperature)
    assert cost(found, logits, targets) <= costs.min() + 1e-12
    assert abs(found - grid[costs.argmin()]) <= grid[1] - grid[0]


def test_the_true_temperature_is_found_among_many_images():
    assert fitted(*sample(2.5, 3, 40_000, 0)).temperature == pytest.approx(2.5, rel=0.03)


def test_probabilities_are_softmax_of_scaled_logits_and_keep_the_choice():
    logits, targets = sample(3.0, 4, 200, 0)
    found = fitted(logits, targets)
    probabilities = found.probabilities(logits)
    np.testing.assert_allclose(probabilities, softmax(logits / found.temperature, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(probabilities.argmax(1), logits.argmax(1))


def test_before_fitting_it_is_the_plain_softmax():
    logits = sample(1.0, 3, 5, 0)[0]
    np.testing.assert_allclose(Temperature().probabilities(logits), softmax(logits, axis=1))


def test_an_under_confident_router_is_sharpened():
    logits, targets = sample(0.3, 3, 500, 0)
    found = fitted(logits, targets)
    assert found.temperature < 0.4
    assert found.probabilities(logits).max(1).mean() > softmax(logits, axis=1).max(1).mean()


@pytest.mark.parametrize(("sign", "bound"), [(1, BOUNDS[0]), (-1, BOUNDS[1])])
def test_without_a_finite_optimum_it_stops_at_a_bound_and_says_so(sign: int, bound: float):
    logits = np.random.default_rng(0).normal(0, 2, (50, 3))
    found = fitted(logits, (sign * logits).argmax(1))
    assert found.temperature == pytest.approx(bound)
    assert found.at_bound
    assert np.isfinite(found.probabilities(logits)).all()


def test_equal_logits_give_equal_probabilities():
    found = fitted(np.zeros((5, 4)), np.array([0, 1, 2, 3, 0]))
    np.testing.assert_allclose(found.probabilities(np.zeros((2, 4))), 0.25)


def test_the_state_brings_everything_back():
    logits, targets = sample(3.0, 3, 100, 0)
    found, fresh = fitted(logits, targets), Temperature()
    fresh.load_state(found.state())
    assert fresh.state() == found.state()
    assert found.state().keys() == {"temperature", "at_bound"}


@pytest.mark.parametrize(
    ("logits", "targets", "said"),
    [
        (np.zeros((0, 3)), np.zeros(0, int), "N > 0"),
        (np.zeros((4, 3)), np.zeros(3, int), r"\(4, 3\), \(3,\)"),
        (np.zeros(4), np.zeros(4, int), r"\(4,\)"),
        (np.full((2, 3), np.nan), np.zeros(2, int), "finite"),
        (np.array([[0, np.inf]]), np.zeros(1, int), "finite"),
        (np.zeros((2, 3)), np.array([0, 3]), r"\[0, 3\)"),
        (np.zeros((2, 3)), np.array([0, -1]), r"\[0, 3\)"),
        (np.zeros((2, 3)), np.zeros(2), "integers"),
    ],
)
def test_bad_input_is_refused(logits, targets, said):
    with pytest.raises(DataError, match=said):
        Temperature().fit(logits, targets)


def test_equals_what_netcal_returned():
    """Of `TemperatureScaling` of netcal 1.4.0, fitted on the same samples."""
    expected = [
        [0.262328, 0.480344, 0.257327],
        [0.037332, 0.617852, 0.344816],
        [0.120707, 0.499757, 0.379537],
    ]
    calibrator = Temperature()
    calibrator.fit(*mixed_sample(3, 800))
    np.testing.assert_allclose(
        calibrator.probabilities(mixed_sample(3, 3, seed=1)[0]), expected, atol=1e-5, rtol=0
    )
