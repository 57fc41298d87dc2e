"""Does a confidence mean what it says? One number per definition of that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.reliability.bins import ReliabilityBin, reliability_bins
from moei_toolkit.evaluation.reliability.confidence import Values, checked_decisions

SMALLEST_PROBABILITY = 1e-12
"""A probability below this counts as this in the logarithm, so that one sure mistake stays finite."""


def expected_calibration_error(confidence: Values, correct: Values, bins: int = 15) -> float:
    """Return the calibration error over equal-width bins (lo, hi]; arguments and errors as for the bins.

    Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015. A
    perfectly calibrated router does not reach 0 on a finite sample; read it next to its sample size.
    """
    return error_over(reliability_bins(confidence, correct, bins))


def error_over(table: Sequence[ReliabilityBin]) -> float:
    """Return sum_b n_b / N |accuracy_b - confidence_b| over the bins of a reliability diagram."""
    total = sum(part.count for part in table)
    return sum(part.count * abs(part.accuracy - part.confidence) for part in table) / total


def debiased_squared_error(table: Sequence[ReliabilityBin]) -> float | None:
    """Return sum_b w_b [(accuracy_b - confidence_b)^2 - accuracy_b (1 - accuracy_b) / (n_b - 1)].

    What the chance of a finite sample adds to the square is taken off again, so that a calibrated router
    comes out around 0, and often below it (Broecker, "Estimating reliability and resolution of probability
    forecasts through decomposition of the empirical score", Climate Dynamics 2012; Kumar et al., "Verified
    uncertainty calibration", NeurIPS 2019). How much chance adds cannot be told from one decision: bins of
    one are left out, and w_b is the share of bin b among the decisions of the other bins.

    Args:
        table: The bins of a reliability diagram.

    Returns:
        The square of a calibration error; None when no bin holds two decisions.
    """
    parts = [part for part in table if part.count > 1]
    total = sum(part.count for part in parts)
    if not total:
        return None
    return sum(part.count * _debiased_square(part) for part in parts) / total


def _debiased_square(part: ReliabilityBin) -> float:
    chance = part.accuracy * (1 - part.accuracy) / (part.count - 1)
    return (part.accuracy - part.confidence) ** 2 - chance


def brier_score(confidence: Values, correct: Values) -> float:
    """Return the mean of (confidence - correct)^2, in [0, 1]; arguments and errors as for the bins.

    Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 1950, of the
    event that the decision is correct. Unlike calibration errors it has no bins, and rewards telling right
    from wrong as well.
    """
    confidence, correct = checked_decisions(confidence, correct)
    return float(np.mean((confidence - correct) ** 2))


def decision_likelihood(confidence: Values, correct: Values) -> float:
    """Return the mean of -log p in nats, p what the confidence gave to what happened: right or wrong.

    Arguments and errors as for the bins.
    """
    confidence, correct = checked_decisions(confidence, correct)
    return negative_log_likelihood(np.stack([1 - confidence, confidence], 1), correct.astype(int))


def negative_log_likelihood(probabilities: np.ndarray, labels: np.ndarray | Sequence[int]) -> float:
    """Return the mean of -log p(label) in nats; p below 1e-12 counts as 1e-12.

    Args:
        probabilities: (N, K), rows sum to 1.
        labels: (N,) integers in [0, K).

    Raises:
        DataError: Empty, of the wrong shape, not probabilities, or a label out of range.
    """
    table, chosen = np.asarray(probabilities, np.float64), np.asarray(labels)
    if table.ndim != 2 or 0 in table.shape or chosen.shape != table.shape[:1]:
        raise DataError(
            f"expected probabilities (N, K) and labels (N,), got {table.shape} and {chosen.shape}"
        )
    if not ((table >= 0).all() and np.allclose(table.sum(1), 1, atol=1e-4)):
        raise DataError("probabilities must be >= 0, and every row must sum to 1")
    if chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() >= table.shape[1]:
        raise DataError(f"labels must be integers in [0, {table.shape[1]})")
    picked = table[np.arange(len(table)), chosen]
    return float(-np.log(np.maximum(picked, SMALLEST_PROBABILITY)).mean())
