"""Histogram binning as defined: the share of hits in each bin of equal width, one expert against the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from calibration_samples import sample
from scipy.special import softmax

from moei_toolkit.calibrators.histogram import Histogram
from moei_toolkit.errors import ConfigError


def fitted(logits: np.ndarray, targets: np.ndarray, bins: int = 10) -> Histogram:
    calibrator = Histogram(bins)
    calibrator.fit(logits, targets)
    return calibrator


def by_hand(logits: np.ndarray, targets: np.ndarray, new: np.ndarray, bins: int) -> np.ndarray:
    """One bin after the other, as netcal documents it: an empty one stands for its middle."""
    own, values = softmax(logits, axis=1), []
    for row in softmax(new, axis=1):
        shares = []
        for expert, probability in enumerate(row):
            number = max(math.ceil(probability * bins) - 1, 0)
            low, high = number / bins, (number + 1) / bins
            inside = (own[:, expert] > low) & (own[:, expert] <= high)
            shares.append((targets[inside] == expert).mean() if inside.any() else (low + high) / 2)
        values.append(np.array(shares) / sum(shares) if sum(shares) else np.full(len(row), 1 / len(row)))
    return np.array(values)


@pytest.mark.parametrize("experts", [2, 3, 7])
@pytest.mark.parametrize("bins", [1, 4, 10])
def test_equals_its_definition(experts: int, bins: int):
    logits, targets = sample(experts, 80)
    new = sample(experts, 200, seed=1)[0]
    expected = by_hand(logits, targets, new, bins)
    np.testing.assert_allclose(fitted(logits, targets, bins).probabilities(new), expected, atol=1e-12)


def test_one_bin_gives_how_often_each_expert_is_best():
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    found = fitted(np.random.default_rng(0).normal(size=(100, 3)), targets, bins=1)
    np.testing.assert_allclose(found.probabilities(np.array([[5.0, 0, 0]])), [[0.6, 0.3, 0.1]])


def test_an_edge_belongs_to_the_bin_below_it():
    found = fitted(np.zeros((4, 2)), np.array([0, 0, 0, 1]), bins=2)  # both probabilities are 0.5
    np.testing.assert_allclose(found.shares, [[0.75, 0.75], [0.25, 0.75]])


@pytest.mark.parametrize("bins", [0, -1])
def test_there_is_a_bin(bins: int):
    with pytest.raises(ConfigError, match="1 bin or more"):
        Histogram(bins)


def test_equals_what_netcal_returned():
    """Of `HistogramBinning(10)` of netcal 1.4.0, fitted on the same samples."""
    expected = [
        [0.451316, 0.358546, 0.190138],
        [0.213309, 0.458903, 0.327788],
        [0.223911, 0.441568, 0.334521],
    ]
    calibrator = Histogram(10)
    calibrator.fit(*sample(3, 800))
    np.testing.assert_allclose(calibrator.probabilities(sample(3, 3, seed=1)[0]), expected, atol=1e-6, rtol=0)
