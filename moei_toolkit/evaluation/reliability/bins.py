"""Decisions sorted into bins of confidence, with how many of them were correct: a reliability diagram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import ConfigError
from moei_toolkit.evaluation.reliability.confidence import Values, checked_decisions


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


def reliability_bins(confidence: Values, correct: Values, bins: int = 15) -> list[ReliabilityBin]:
    """Sort decisions into bins of equal width, (lo, hi] as in Guo et al., ICML 2017.

    A confidence on an edge belongs to the bin below it; netcal and torchmetrics put it into the one above.

    Args:
        confidence: (N,) in [0, 1].
        correct: (N,) 0 or 1, or bool.
        bins: Number of bins.

    Raises:
        DataError: Empty, of different length, NaN, or out of range.
        ConfigError: No bins.
    """
    return _sorted_into(equal_width_edges(bins), *checked_decisions(confidence, correct))


def equal_mass_bins(confidence: Values, correct: Values, bins: int = 15) -> list[ReliabilityBin]:
    """Sort decisions into bins of as equal counts as can be, none of them empty.

    The upper edge of bin b is the confidence of rank ceil(b N / bins), and belongs to it. Equal confidences
    are never parted, so ties make bins larger and fewer. Arguments and errors as for `reliability_bins`.
    """
    confidence, correct = checked_decisions(confidence, correct)
    _require_bins(bins)
    ranks = -(-np.arange(1, bins + 1) * len(confidence) // bins)
    edges = np.unique(np.sort(confidence)[ranks - 1])
    return _sorted_into(np.append(0.0, edges), confidence, correct)


def equal_width_edges(bins: int) -> np.ndarray:
    """Return the (bins + 1,) edges of equally wide bins over [0, 1].

    Raises:
        ConfigError: No bins.
    """
    _require_bins(bins)
    return np.arange(bins + 1) / bins


def bin_numbers(confidence: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the number of the bin (lo, hi] between ``edges`` that each confidence (N,) lies in."""
    return np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)


def _sorted_into(edges: np.ndarray, confidence: np.ndarray, correct: np.ndarray) -> list[ReliabilityBin]:
    where, bins = bin_numbers(confidence, edges), len(edges) - 1
    counts = np.bincount(where, minlength=bins)
    divisor = np.maximum(counts, 1)
    means = np.bincount(where, confidence, minlength=bins) / divisor
    accuracy = np.bincount(where, correct, minlength=bins) / divisor
    columns = (edges[:-1], edges[1:], counts, means, accuracy)
    return [ReliabilityBin(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def _require_bins(bins: int) -> None:
    if bins < 1:
        raise ConfigError(f"the calibration error needs at least 1 bin, got {bins}")
