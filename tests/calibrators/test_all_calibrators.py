"""What holds for every calibrator that comes with the toolkit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from calibration_samples import sample
from scipy.special import softmax

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.histogram import Histogram
from moei_toolkit.calibrators.identity import Identity
from moei_toolkit.calibrators.isotonic import Isotonic
from moei_toolkit.calibrators.platt import Platt
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.calibrators.vector import Vector
from moei_toolkit.errors import DataError

KINDS = (Histogram, Identity, Isotonic, Platt, Temperature, Vector)
FOR_SO_MANY = (Histogram, Isotonic, Platt, Vector)


def fitted(kind: type[Calibrator], logits: np.ndarray, targets: np.ndarray) -> Calibrator:
    calibrator = kind()
    calibrator.fit(logits, targets)
    return calibrator


@pytest.mark.parametrize("kind", KINDS)
def test_before_fitting_it_is_the_plain_softmax(kind):
    logits = sample(3, 20)[0]
    np.testing.assert_allclose(kind().probabilities(logits), softmax(logits, axis=1), atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_added_to_all_logits_of_an_image_changes_nothing(kind):
    logits, targets = sample(3, 200)
    aside = logits + np.random.default_rng(1).normal(0, 50, (200, 1))
    found = fitted(kind, aside, targets).probabilities(aside)
    np.testing.assert_allclose(found, fitted(kind, logits, targets).probabilities(logits), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_lone_expert_is_certain(kind):
    found = fitted(kind, np.array([[3.0], [-3.0]]), np.array([0, 0]))
    np.testing.assert_array_equal(found.probabilities(np.array([[0.5]])), [[1.0]])


@pytest.mark.parametrize("kind", KINDS)
def test_fitting_again_forgets_the_first_time(kind):
    once = fitted(kind, *sample(3, 100, seed=1))
    twice = fitted(kind, *sample(4, 70))
    twice.fit(*sample(3, 100, seed=1))
    assert json.dumps(once.state()) == json.dumps(twice.state())


@pytest.mark.parametrize("kind", FOR_SO_MANY)
def test_logits_of_other_experts_are_refused(kind):
    found = fitted(kind, *sample(3, 50))
    with pytest.raises(DataError, match="fitted for 3 experts, got logits of 2"):
        found.probabilities(np.zeros((1, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_cannot_be_fitted_on_is_refused(kind):
    for logits, targets in (
        (np.zeros((0, 3)), np.zeros(0, int)),
        (np.zeros((4, 3)), np.zeros(3, int)),
        (np.full((2, 3), np.nan), np.zeros(2, int)),
        (np.zeros((2, 3)), np.array([0, 3])),
        (np.zeros((2, 3)), np.zeros(2)),
    ):
        with pytest.raises(DataError, match="expected"):
            kind().fit(logits, targets)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Vector, {"slopes": [1.0], "offsets": [0.0, 0.0], "at_bound": False}),
        (Vector, {"slopes": [1.0, None], "offsets": [0.0, 0.0], "at_bound": False}),
        (Platt, {"slopes": [float("inf")], "offsets": [0.0]}),
        (Platt, {"slopes": "11", "offsets": [0.0, 0.0]}),
        (Isotonic, {"curves": [[[0.1, 0.2], [0.5, 0.4]]]}),
        (Isotonic, {"curves": [[[0.2, 0.1], [0.4, 0.5]]]}),
        (Isotonic, {"curves": [[[0.1], [0.4, 0.5]]]}),
        (Isotonic, {"curves": {}}),
        (Histogram, {"shares": [[0.5] * 9]}),
        (Histogram, {"shares": [[1.5] + [0.5] * 9]}),
        (Histogram, {"shares": 3}),
        (Histogram, {}),
    ],
)
def test_a_damaged_state_is_refused(kind, state):
    with pytest.raises((ValueError, TypeError, KeyError)):
        kind().load_state(state)
