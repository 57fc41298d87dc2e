"""A learned rule: a head that looks at the descriptor and says whether to follow the router."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.abstention import require_columns
from moei_toolkit.calibrators.fitting import finite_list
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.calibrators.softmax import sigmoid
from moei_toolkit.errors import ConfigError, DataError

_TINY = 1e-9
"""A spread below it is rounding."""


class Selective(AbstentionRule):
    """sigmoid(w g + b), taught the selective risk of SelectiveNet (Geifman and El-Yaniv, ICML 2019).

    With s_i the score of image i, l_i its harm over the spread of all harms, and c the coverage asked for, it
    minimises sum(l s) / sum(s) + lambda max(0, c - mean s)^2. The paper trains the head and what it judges
    together; here backbone, experts and router are finished, so only the head is trained, and there is no
    auxiliary head. Routing scenes are few, so it is linear, and its weights on normalised descriptors decay.
    The confidence knows how alike experts seem to the router; this knows images that none does good to.

    Args:
        coverage: c, the share of images that should follow the router, in (0, 1).
        penalty: lambda.
        decay: Weight of the sum of squared weights.

    Attributes:
        weights: w, (d,); none before :meth:`fit`, when every image has the same score.
        bias: b.

    Raises:
        ConfigError: If one of them is out of range.
    """

    def __init__(self, coverage: float = 0.9, penalty: float = 32.0, decay: float = 0.01) -> None:
        if not (0 < coverage < 1 and 0 < penalty < math.inf and 0 <= decay < math.inf):
            raise ConfigError(
                "expected a coverage in (0, 1), a finite penalty > 0 and a finite decay >= 0, got "
                f"{coverage}, {penalty} and {decay}"
            )
        self._coverage, self._penalty, self._decay = coverage, penalty, decay
        self.weights = np.zeros(0)
        self.bias = float(np.log(coverage / (1 - coverage)))

    def fit(self, g: np.ndarray, probabilities: np.ndarray, harm: np.ndarray) -> None:
        """Set w and b; see `AbstentionRule.fit`.

        Raises:
            DataError: If the arrays are empty, differ in length, or hold values that are not finite.
        """
        from scipy.optimize import minimize  # 30 MB, which deciding does without

        g, harm = np.asarray(g, np.float64), np.asarray(harm, np.float64)
        require_columns(harm=harm)
        if g.ndim != 2 or len(g) != len(harm) or not np.isfinite(g).all():
            raise DataError(f"expected finite descriptors ({len(harm)}, d), got {g.shape}")
        mean, spread = g.mean(0), g.std(0)
        scale = np.sqrt(g.shape[1]) * np.where(spread > _TINY, spread, 1)
        normal = (g - mean) / scale
        loss = harm / (harm.std() if harm.std() > _TINY else 1)

        def cost(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            weights, bias = parameters[:-1], parameters[-1]
            kept = sigmoid(normal @ weights + bias)
            covered, missing = kept.mean(), max(0.0, self._coverage - kept.mean())
            risk = (loss @ kept) / kept.sum()
            value = risk + self._penalty * missing**2 + self._decay * (weights @ weights)
            by_kept = ((loss - risk) / covered - 2 * self._penalty * missing) / len(loss)
            by_linear = by_kept * kept * (1 - kept)
            return value, np.append(normal.T @ by_linear + 2 * self._decay * weights, by_linear.sum())

        start = np.append(np.zeros(g.shape[1]), np.log(self._coverage / (1 - self._coverage)))
        found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
        self.weights = found[:-1] / scale
        self.bias = float(found[-1] - self.weights @ mean)

    def scores(self, g: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Return sigmoid(w g + b), (N,).

        Raises:
            DataError: If it was fitted to descriptors of another length.
        """
        g = np.asarray(g, np.float64)
        if not len(self.weights):
            return np.full(len(g), sigmoid(np.array(self.bias)))
        if g.shape[1] != len(self.weights):
            raise DataError(f"fitted to descriptors of {len(self.weights)} numbers, got {g.shape[1]}")
        return sigmoid(g @ self.weights + self.bias)

    def state(self) -> dict[str, object]:
        """Return w and b."""
        return {"weights": self.weights.tolist(), "bias": self.bias}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back w and b.

        Raises:
            ValueError: If they are no finite numbers.
        """
        self.weights = np.array(finite_list(state["weights"]))
        (self.bias,) = finite_list([state["bias"]])
