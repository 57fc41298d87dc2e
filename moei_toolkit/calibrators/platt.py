"""Platt scaling: a sigmoid for each expert against all others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.fitting import checked_sample, lines_of, require_experts
from moei_toolkit.calibrators.one_versus_rest import hits, scaled
from moei_toolkit.calibrators.softmax import log_odds, sigmoid, softmax

_STEPS, _SMALLEST_STEP, _RIDGE, _ENOUGH = 100, 1e-10, 1e-12, 1e-10


class Platt(Calibrator):
    """sigmoid(a f + b) for each expert against all others, then scaled to sum to 1.

    Platt, "Probabilistic outputs for support vector machines", 1999, with its targets (N+ + 1) / (N+ + 2) and
    1 / (N- + 2), which keep a and b finite; solved by Newton's method as in Lin, Lin and Weng, "A note on
    Platt's probabilistic outputs for support vector machines", 2007. f is the logarithm of the odds that the
    router's own softmax gives an expert: for two experts the difference of their logits.

    Attributes:
        slopes: a, (K,); none before :meth:`fit`, when probabilities are the router's own.
        offsets: b, (K,).
    """

    def __init__(self) -> None:
        self.slopes, self.offsets = np.zeros(0), np.zeros(0)

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Set a and b; see `Calibrator.fit`."""
        logits, targets = checked_sample(logits, targets)
        columns = zip(log_odds(logits).T, hits(targets, logits.shape[1]).T, strict=True)
        self.slopes, self.offsets = np.array([_fit_sigmoid(*column) for column in columns]).T

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return the scaled sigmoids, (N, K)."""
        logits = np.asarray(logits, np.float64)
        if not len(self.slopes):
            return softmax(logits)
        require_experts(logits, len(self.slopes))
        return scaled(sigmoid(log_odds(logits) * self.slopes + self.offsets))

    def state(self) -> dict[str, object]:
        """Return a and b."""
        return {"slopes": self.slopes.tolist(), "offsets": self.offsets.tolist()}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back a and b; see `Calibrator.load_state`."""
        self.slopes, self.offsets = lines_of(state)


def _fit_sigmoid(scores: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """Return (a, b) of least cross-entropy between sigmoid(a f + b) and Platt's targets."""
    right = hit.sum()
    wrong = len(hit) - right
    wanted = np.where(hit > 0, (right + 1) / (right + 2), 1 / (wrong + 2))
    features = np.stack([scores, np.ones_like(scores)], 1)

    def cost(parameters: np.ndarray) -> float:
        linear = features @ parameters
        return float((np.logaddexp(0, linear) - wanted * linear).sum())

    found = np.array([0.0, np.log((right + 1) / (wrong + 1))])
    for _ in range(_STEPS):
        chances = sigmoid(features @ found)
        gradient = features.T @ (chances - wanted)
        if np.abs(gradient).max() < _ENOUGH:
            break
        curvature = (features.T * (chances * (1 - chances))) @ features + _RIDGE * np.eye(2)
        step = -np.linalg.solve(curvature, gradient)
        size, before = 1.0, cost(found)
        while size > _SMALLEST_STEP and cost(found + size * step) > before + 1e-4 * size * (gradient @ step):
            size /= 2
        if size <= _SMALLEST_STEP:
            break
        found = found + size * step
    return found
