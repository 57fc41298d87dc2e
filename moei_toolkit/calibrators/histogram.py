"""Histogram binning: how often an expert was the best one when the router said so much."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.fitting import checked_sample, finite_list, require_experts
from moei_toolkit.calibrators.one_versus_rest import hits, scaled
from moei_toolkit.calibrators.softmax import softmax
from moei_toolkit.errors import ConfigError


class Histogram(Calibrator):
    """The share of hits in each bin, for each expert against all others, then scaled to sum to 1.

    Zadrozny and Elkan, "Obtaining calibrated probability estimates from decision trees and naive Bayesian
    classifiers", ICML 2001, with bins of equal width, (low, high], over the router's own softmax. A bin
    without images stands for its middle. Within a bin all are alike, so that experts often tie, and the first
    one is chosen.

    Args:
        bins: B, how many.

    Attributes:
        shares: (K, B); (0, B) before :meth:`fit`, when probabilities are the router's own.

    Raises:
        ConfigError: If there would be no bin.
    """

    def __init__(self, bins: int = 10) -> None:
        if bins < 1:
            raise ConfigError(f"expected 1 bin or more, got {bins}")
        self._edges = np.linspace(0, 1, bins + 1)
        self.shares = np.zeros((0, bins))

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Set the shares; see `Calibrator.fit`."""
        logits, targets = checked_sample(logits, targets)
        places, bins = self._places(softmax(logits)), len(self._edges) - 1
        middles = (self._edges[1:] + self._edges[:-1]) / 2
        shares = []
        for place, hit in zip(places.T, hits(targets, logits.shape[1]).T, strict=True):
            count = np.bincount(place, minlength=bins)
            right = np.bincount(place, hit, minlength=bins)
            shares.append(np.where(count > 0, right / np.maximum(count, 1), middles))
        self.shares = np.stack(shares)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return the scaled shares, (N, K)."""
        own = softmax(np.asarray(logits, np.float64))
        if not len(self.shares):
            return own
        require_experts(own, len(self.shares))
        return scaled(self.shares[np.arange(len(self.shares)), self._places(own)])

    def state(self) -> dict[str, object]:
        """Return the shares."""
        return {"shares": self.shares.tolist()}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back the shares.

        Raises:
            ValueError: If they are not in [0, 1], or not one for each bin.
        """
        rows, bins = state["shares"], len(self._edges) - 1
        shares = [finite_list(row) for row in rows] if isinstance(rows, list) else [[]]
        if any(len(row) != bins or min(row) < 0 or max(row) > 1 for row in shares):
            raise ValueError(f"expected {bins} shares in [0, 1] for each expert, got {rows!r:.80}")
        self.shares = np.array(shares).reshape(len(shares), bins)

    def _places(self, own: np.ndarray) -> np.ndarray:
        """Return the bin of every probability, (N, K)."""
        return np.maximum(np.searchsorted(self._edges, own) - 1, 0)
