"""Vector scaling: a temperature and an offset for each expert."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.fitting import checked_sample, lines_of, require_experts
from moei_toolkit.calibrators.one_versus_rest import hits
from moei_toolkit.calibrators.softmax import log_softmax, softmax

SLOPES, OFFSETS = (0.05, 20.0), (-20.0, 20.0)


class Vector(Calibrator):
    """softmax(w * log p + b) with the w and b of least negative log-likelihood (Guo et al., ICML 2017).

    p is the router's own softmax: logits are only known up to a number added to all of them, which must not
    matter. It can correct a router that favours one expert, and so changes choices. The problem is convex; w
    is kept within [0.05, 20] and b within [-20, 20], for an expert that is never the target, or always told
    apart, has no finite optimum.

    Attributes:
        slopes: w, (K,); none before :meth:`fit`, when probabilities are the router's own.
        offsets: b, (K,), of mean 0.
        at_bound: True when one of them lies at its bounds, usually a sign of too few images.
    """

    def __init__(self) -> None:
        self.slopes, self.offsets = np.zeros(0), np.zeros(0)
        self.at_bound = False

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Set w and b; see `Calibrator.fit`."""
        from scipy.optimize import minimize

        logits, targets = checked_sample(logits, targets)
        logs, experts = log_softmax(logits), logits.shape[1]
        wanted = hits(targets, experts)

        def cost(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            scores = log_softmax(logs * parameters[:experts] + parameters[experts:])
            excess = (np.exp(scores) - wanted) / len(wanted)
            return float(-(scores * wanted).sum(1).mean()), np.append((excess * logs).sum(0), excess.sum(0))

        start = np.append(np.ones(experts), np.zeros(experts))
        bounds = [SLOPES] * experts + [OFFSETS] * experts
        options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000, "maxfun": 10**6}
        found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        self.at_bound = any(value in bound for value, bound in zip(found.tolist(), bounds, strict=True))
        self.slopes, self.offsets = found[:experts], found[experts:] - found[experts:].mean()

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return softmax(w * log p + b), (N, K)."""
        logs = log_softmax(np.asarray(logits, np.float64))
        if not len(self.slopes):
            return np.exp(logs)
        require_experts(logs, len(self.slopes))
        return softmax(logs * self.slopes + self.offsets)

    def state(self) -> dict[str, object]:
        """Return w, b and whether one lies at a bound."""
        slopes, offsets = self.slopes.tolist(), self.offsets.tolist()
        return {"slopes": slopes, "offsets": offsets, "at_bound": self.at_bound}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back w and b.

        Raises:
            ValueError: If they are no numbers, or out of the bounds that :meth:`fit` keeps.
        """
        slopes, offsets = lines_of(state)
        # Taking the mean off moves an offset by no more than the widest of them lies from it.
        farthest = OFFSETS[1] - OFFSETS[0]
        if ((slopes < SLOPES[0]) | (slopes > SLOPES[1])).any() or (np.abs(offsets) > farthest).any():
            raise ValueError(
                f"expected slopes in {list(SLOPES)} and offsets within {farthest:g} of 0, "
                f"got {slopes.tolist()} and {offsets.tolist()}"
            )
        self.slopes, self.offsets = slopes, offsets
        self.at_bound = bool(state["at_bound"])
