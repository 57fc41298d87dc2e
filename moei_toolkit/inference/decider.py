"""The second hop: from a descriptor to a route, or to an abstention."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.calibrators.rules.threshold import Threshold
from moei_toolkit.types import DENSE, Decision, most_probable


class Decider:
    """Router, calibrator, abstention rule and threshold in one; what it was made of can be looked at.

    Args:
        router: From g (1, d) and the name of the image to logits (1, K).
        calibrator: From logits to probabilities.
        threshold: tau; below it the dense route is taken.
        experts: K names, in the order of the router's outputs.
        rule: Says what is compared with tau; the largest probability when None.
    """

    def __init__(
        self,
        router: Callable[[np.ndarray, str], np.ndarray],
        calibrator: Calibrator,
        threshold: float,
        experts: Sequence[str],
        rule: AbstentionRule | None = None,
    ) -> None:
        self.router = router
        self.calibrator = calibrator
        self.threshold = threshold
        self.experts = tuple(experts)
        self.rule = rule or Threshold()

    def decide(self, g: np.ndarray, image: str = "") -> Decision:
        """Choose the route of an image.

        Args:
            g: (1, d), its descriptor.
            image: Its name, for routers that ask somebody who needs it; see `Router.score`.

        Raises:
            DataError: If such a router has no answer.
        """
        logits = self.router(g, image).astype(np.float64)
        calibrated = self.calibrator.probabilities(logits)
        probabilities = dict(zip(self.experts, calibrated[0].tolist(), strict=True))
        best = most_probable(probabilities)
        confidence = float(self.rule.scores(g, calibrated)[0])
        abstained = confidence < self.threshold
        return Decision(DENSE if abstained else best, probabilities, confidence, abstained)
