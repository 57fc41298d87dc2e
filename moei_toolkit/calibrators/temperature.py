"""Temperature scaling, solved exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.errors import DataError

BOUNDS = (0.05, 20.0)


class Temperature(Calibrator):
    """softmax(logits / T) with the T of least negative log-likelihood (Guo et al., ICML 2017).

    The likelihood is convex in 1 / T, so its derivative has at most one root and T is exact, not the last
    step of an optimiser. A router taught soft targets is under-confident, so T < 1 is expected. T is kept
    within [0.05, 20]: logits that separate the targets perfectly have no finite optimum.

    Attributes:
        temperature: T; 1 before :meth:`fit`.
        at_bound: True when the optimum lies at or beyond the bounds, usually a sign of too few images.
    """

    def __init__(self) -> None:
        self.temperature = 1.0
        self.at_bound = False

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Set T; see :meth:`Calibrator.fit`.

        Raises:
            DataError: If the arrays are empty, differ in length, hold values that are not finite, or a target
                is no expert.
        """
        from scipy.optimize import brentq  # 30 MB, which deciding does without

        logits = np.asarray(logits, np.float64)
        targets = np.asarray(targets)
        if logits.ndim != 2 or len(logits) == 0 or targets.shape != (len(logits),):
            raise DataError(
                f"expected logits (N, K) and targets (N,), N > 0; got {logits.shape}, {targets.shape}"
            )
        if not np.isfinite(logits).all():
            raise DataError("expected finite logits, got NaN or infinity")
        if targets.dtype.kind not in "iu" or targets.min() < 0 or targets.max() >= logits.shape[1]:
            raise DataError(f"expected targets that are integers in [0, {logits.shape[1]})")
        centred = logits - logits[np.arange(len(logits)), targets][:, None]

        def slope(inverse: float) -> float:
            return float((_softmax(centred * inverse) * centred).sum(1).mean())

        low, high = 1 / BOUNDS[1], 1 / BOUNDS[0]
        self.at_bound = slope(low) >= 0 or slope(high) <= 0
        inverse = (
            low if slope(low) >= 0 else high if slope(high) <= 0 else brentq(slope, low, high, xtol=1e-12)
        )
        self.temperature = float(1 / inverse)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return softmax(logits / T), (N, K)."""
        return _softmax(np.asarray(logits, np.float64) / self.temperature)

    def state(self) -> dict[str, object]:
        """Return T and whether it lies at a bound."""
        return {"temperature": self.temperature, "at_bound": self.at_bound}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back T.

        Raises:
            ValueError: If T is outside its bounds.
        """
        temperature = float(state["temperature"])  # type: ignore[arg-type]
        if not BOUNDS[0] <= temperature <= BOUNDS[1]:
            raise ValueError(f"expected a temperature in {list(BOUNDS)}, got {temperature}")
        self.temperature = temperature
        self.at_bound = bool(state["at_bound"])


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))
