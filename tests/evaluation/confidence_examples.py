"""Decisions of made-up routers."""

from __future__ import annotations

import numpy as np


def routed(count: int = 500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Confidences and outcomes of a router that is right less often than it says."""
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(1 / 3, 1, count)
    return confidence, generator.random(count) < confidence**2


def evenly_spread(accuracy: float, count: int) -> np.ndarray:
    """Confidences from 1/3 to 1 whose mean is the accuracy of a calibrated router, most of them high.

    They are the quantiles of 1/3 + 2/3 Beta(a, 1).
    """
    rank = (np.arange(count) + 0.5) / count
    share = (accuracy - 1 / 3) * 1.5
    return 1 / 3 + 2 / 3 * rank ** ((1 - share) / share)
