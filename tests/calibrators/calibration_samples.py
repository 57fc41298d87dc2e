"""Logits of a router that is wrong in a known way, and what scikit-learn makes of scores."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from moei_toolkit.calibrators.base import Calibrator

C = TypeVar("C", bound=Calibrator)


def sample(experts: int, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and targets drawn from what they say when half of it is believed and the first favoured."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (count, experts))
    chances = softmax(logits / 2 + np.eye(experts)[0], axis=1)
    return logits, (chances.cumsum(1) < rng.random((count, 1))).sum(1)


def fitted(calibrator: C, logits: np.ndarray, targets: np.ndarray) -> C:
    calibrator.fit(logits, targets)
    return calibrator


class Scores(ClassifierMixin, BaseEstimator):
    """A classifier whose decision function is what it is given."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, x):
        return x[:, 1] if len(self.classes_) == 2 else x

    def predict(self, x):
        return self.classes_[x.argmax(1)]


def calibrated_by_sklearn(
    method: str, scores: np.ndarray, targets: np.ndarray, new: np.ndarray
) -> np.ndarray:
    frozen = FrozenEstimator(Scores().fit(scores, targets))
    return CalibratedClassifierCV(frozen, method=method).fit(scores, targets).predict_proba(new)
