"""What every abstention rule promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.risk_control import RiskLimit


class AbstentionRule(ABC):
    """Scores how far the choice for an image is to be trusted; below tau, it takes the dense route instead.

    Works on NumPy arrays, and without PyTorch: rules are part of exported bundles.

    Attributes:
        learns: Whether there is anything to fit; only then it is asked to, and its state saved.
        limit: The harm that routing may do; tau is raised until it does no more. None for the tau of the best
            quality.
    """

    learns: bool = True
    limit: RiskLimit | None = None

    @abstractmethod
    def fit(self, g: np.ndarray, probabilities: np.ndarray, harm: np.ndarray) -> None:
        """Fit on images of split "route", which neither the calibrator nor tau is chosen on.

        Args:
            g: (N, d), descriptors.
            probabilities: (N, K), calibrated.
            harm: (N,), quality of the dense route minus that of the most probable expert, dB: what is lost by
                not abstaining, below 0 where routing pays.

        Raises:
            DataError: If the arrays are empty, differ in length, or hold values that are not finite.
        """

    @abstractmethod
    def scores(self, g: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Return (N,) float64 in [0, 1] for descriptors (N, d) and calibrated probabilities (N, K)."""

    @abstractmethod
    def state(self) -> dict[str, object]:
        """Return everything fitted, as JSON values."""

    @abstractmethod
    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back what :meth:`state` returned.

        Raises:
            KeyError, TypeError or ValueError: If that cannot be.
        """
