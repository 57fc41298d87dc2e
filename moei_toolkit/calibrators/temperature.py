"""Temperature scaling, solved exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.fitting import checked_sample
from moei_toolkit.calibrators.softmax import softmax

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
        """Set T; see `Calibrator.fit`."""
        from scipy.optimize import brentq  # 30 MB, which deciding does without

        logits, targets = checked_sample(logits, targets)
        centred = logits - logits[np.arange(len(logits)), targets][:, None]

        def slope(inverse: float) -> float:
            return float((softmax(centred * inverse) * centred).sum(1).mean())

        low, high = 1 / BOUNDS[1], 1 / BOUNDS[0]
        self.at_bound = slope(low) >= 0 or slope(high) <= 0
        inverse = (
            low if slope(low) >= 0 else high if slope(high) <= 0 else brentq(slope, low, high, xtol=1e-12)
        )
        self.temperature = float(1 / inverse)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return softmax(logits / T), (N, K)."""
        return softmax(np.asarray(logits, np.float64) / self.temperature)

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
