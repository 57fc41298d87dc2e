"""The default rule: the confidence itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.rules.base import AbstentionRule


class Threshold(AbstentionRule):
    """The largest probability; Chow, "On optimum recognition error and reject tradeoff", 1970."""

    learns = False

    def fit(self, g: np.ndarray, probabilities: np.ndarray, harm: np.ndarray) -> None:
        """Change nothing."""

    def scores(self, g: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Return the largest probability of each image, (N,)."""
        return np.asarray(probabilities.max(1))

    def state(self) -> dict[str, object]:
        """Return nothing."""
        return {}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take nothing."""
