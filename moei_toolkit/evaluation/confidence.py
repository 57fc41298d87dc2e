"""Does a confidence mean what it says? Calibration error, reliability, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import ConfigError, DataError

SMALLEST_PROBABILITY = 1e-12
"""A probability below this counts as this in the logarithm, so that one sure mistake stays finite."""
ROUNDING = 1e-6
"""How far a softmax in single precision may come out above 1."""

Values = np.ndarray | Sequence[float]


@dataclass(frozen=True)
class ReliabilityBin:
    """Decisions whose confidence lies in (low, high].

    Attributes:
        low: Lower edge, not included (but 0 itself belongs to the first bin).
        high: Upper edge, included.
        count: How many decisions.
        confidence: Their mean confidence; 0 when there are none.
        accuracy: The share of them that was correct; 0 when there are none.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class CoverageCurve:
    """What is kept, and how bad it is, at every threshold that makes a difference.

    Attributes:
        threshold: (M,) the distinct confidences, falling; a decision is kept at >= threshold.
        coverage: (M,) share of decisions kept, rising to 1.
        risk: (M,) mean risk of the kept ones.
    """

    threshold: np.ndarray
    coverage: np.ndarray
    risk: np.ndarray


def expected_calibration_error(confidence: Values, correct: Values, bins: int = 15) -> float:
    """Return sum_b n_b / N |accuracy_b - confidence_b| over equal-width bins (lo, hi].

    Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015. A
    perfectly calibrated router does not reach 0 on a finite sample; read it next to its sample size.

    Args:
        confidence: (N,) in [0, 1].
        correct: (N,) 0 or 1, or bool.
        bins: Number of bins.

    Raises:
        DataError: Empty, of different length, NaN, or out of range.
        ConfigError: No bins.
    """
    table = reliability_bins(confidence, correct, bins)
    total = sum(part.count for part in table)
    return sum(part.count * abs(part.accuracy - part.confidence) for part in table) / total


def reliability_bins(confidence: Values, correct: Values, bins: int = 15) -> list[ReliabilityBin]:
    """Sort decisions into equal-width bins (lo, hi] of confidence; arguments and errors as for the ECE."""
    confidence, correct = _checked(confidence, correct)
    if ((correct != 0) & (correct != 1)).any():
        raise DataError("correct must hold only 0 and 1")
    if bins < 1:
        raise ConfigError(f"the calibration error needs at least 1 bin, got {bins}")
    edges = np.arange(bins + 1) / bins
    where = np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)
    counts = np.bincount(where, minlength=bins)
    divisor = np.maximum(counts, 1)
    means = np.bincount(where, confidence, minlength=bins) / divisor
    accuracy = np.bincount(where, correct, minlength=bins) / divisor
    return [
        ReliabilityBin(
            float(edges[i]), float(edges[i + 1]), int(counts[i]), float(means[i]), float(accuracy[i])
        )
        for i in range(bins)
    ]


def coverage_curve(confidence: Values, risk: Values) -> CoverageCurve:
    """Trace the mean risk of what is kept against how much is kept.

    Geifman and El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017. Decisions of
    equal confidence are kept or dropped together.

    Args:
        confidence: (N,) in [0, 1].
        risk: (N,) of anything that is bad: 1 for a mistake, or regret in dB.

    Raises:
        DataError: Empty, of different length, NaN, or a confidence out of range.
    """
    confidence, risk = _checked(confidence, risk)
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    kept = np.arange(1, len(ranked) + 1)[last]
    return CoverageCurve(ranked[last], kept / len(ranked), np.cumsum(risk[order])[last] / kept)


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


def _checked(confidence: Values, values: Values) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(confidence, np.float64), np.asarray(values, np.float64)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        raise DataError(f"expected two lists of one length >= 1, got shapes {first.shape} and {second.shape}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise DataError("confidences and outcomes must be finite, some are NaN or infinite")
    if first.min() < 0 or first.max() > 1 + ROUNDING:
        raise DataError(f"confidences must lie in [0, 1], got {first.min():g} to {first.max():g}")
    return np.minimum(first, 1), second
