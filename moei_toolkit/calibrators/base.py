"""What every calibrator promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np


class Calibrator(ABC):
    """Turns logits into probabilities whose confidence can be believed.

    Works on float64 NumPy arrays, and without PyTorch: calibrators are part of exported bundles.
    """

    @abstractmethod
    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Fit on logits (N, K) and the index of the oracle expert of each image, (N,); one image is enough.

        Raises:
            DataError: If the arrays are empty, differ in length, hold values that are not finite, or a target
                is no expert.
        """

    @abstractmethod
    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities (N, K), rows summing to 1.

        Raises:
            DataError: If it was fitted for another number of experts.
        """

    @abstractmethod
    def state(self) -> dict[str, object]:
        """Return everything fitted, as JSON values."""

    @abstractmethod
    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back what :meth:`state` returned.

        Raises:
            KeyError, TypeError or ValueError: If that cannot be.
        """
