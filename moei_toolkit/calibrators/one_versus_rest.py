"""From K binary problems to one distribution over K experts.

Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002:
each expert is calibrated against all others, and the results are scaled to sum to 1.
"""

from __future__ import annotations

import numpy as np


def hits(targets: np.ndarray, experts: int) -> np.ndarray:
    """Return (N, K) float64: 1 where an expert is the target of an image, else 0."""
    return np.asarray(targets[:, None] == np.arange(experts), np.float64)


def scaled(shares: np.ndarray) -> np.ndarray:
    """Scale the rows of (N, K) values >= 0 to sum to 1; where all are 0, every expert gets 1 / K."""
    total = shares.sum(1, keepdims=True)
    even = np.full_like(shares, 1 / shares.shape[1])
    return np.divide(shares, total, out=even, where=total > 0)
