"""The second hop: from a descriptor to a route, or to an abstention."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.types import DENSE, Decision, most_probable


class Decider:
    """Router, calibrator and threshold in one; what it was made of can be looked at.

    Args:
        router: From g (1, d) to logits (1, K).
        calibrator: From logits to probabilities.
        threshold: tau; below it the dense route is taken.
        experts: K names, in the order of the router's outputs.
    """

    def __init__(
        self,
        router: Callable[[np.ndarray], np.ndarray],
        calibrator: Calibrator,
        threshold: float,
        experts: Sequence[str],
    ) -> None:
        self.router = router
        self.calibrator = calibrator
        self.threshold = threshold
        self.experts = tuple(experts)

    def decide(self, g: np.ndarray) -> Decision:
        """Choose the route of an image from its descriptor g (1, d)."""
        logits = self.router(g).astype(np.float64)
        probabilities = dict(
            zip(self.experts, self.calibrator.probabilities(logits)[0].tolist(), strict=True)
        )
        best = most_probable(probabilities)
        abstained = probabilities[best] < self.threshold
        return Decision(DENSE if abstained else best, probabilities, probabilities[best], abstained)
