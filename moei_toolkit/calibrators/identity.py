"""No calibration: what others are compared with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.fitting import checked_sample
from moei_toolkit.calibrators.softmax import softmax


class Identity(Calibrator):
    """softmax(logits)."""

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Check the arguments, and change nothing; see `Calibrator.fit`."""
        checked_sample(logits, targets)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return softmax(logits), (N, K)."""
        return softmax(np.asarray(logits, np.float64))

    def state(self) -> dict[str, object]:
        """Return nothing."""
        return {}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take nothing."""
