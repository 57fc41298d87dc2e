"""What abstaining did: how often it happened and what it gained, by weather and by severity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.severity import STRATA
from moei_toolkit.types import CLEAN


@dataclass(frozen=True)
class Fallback:
    """What abstaining did to a group of images.

    Attributes:
        images: How many there are.
        abstained: Share of them that fell back to dense.
        gain: Quality gained by that, dB, averaged over all of them; below 0 it did harm.
    """

    images: int
    abstained: float
    gain: float


@dataclass(frozen=True)
class Fallbacks:
    """What abstaining did, broken down; no group is empty.

    Attributes:
        overall: On all images.
        by_weather: On those of each degradation, sorted.
        by_severity: On those of each stratum, from light to heavy; clean images are left out.
    """

    overall: Fallback
    by_weather: Mapping[str, Fallback]
    by_severity: Mapping[str, Fallback]


def judge_fallbacks(
    abstained: np.ndarray, gain: np.ndarray, weathers: np.ndarray, severity: np.ndarray
) -> Fallbacks:
    """Break abstentions down.

    Args:
        abstained: (N,) bool, N > 0.
        gain: (N,) quality of the dense route over the chosen one, dB; counts only where abstained.
        weathers: (N,) degradation of each image.
        severity: (N,) in [0, 1]; that of clean images does not count.

    Raises:
        DataError: If a severity is not in [0, 1].
    """
    degraded = weathers != CLEAN
    strata = _strata_of(severity[degraded])
    return Fallbacks(
        overall=_fallback(abstained, gain),
        by_weather=_by(weathers, sorted(set(weathers.tolist())), abstained, gain),
        by_severity=_by(strata, STRATA, abstained[degraded], gain[degraded]),
    )


def _by(
    labels: np.ndarray, names: Iterable[str], abstained: np.ndarray, gain: np.ndarray
) -> dict[str, Fallback]:
    groups = ((name, labels == name) for name in names)
    return {name: _fallback(abstained[mine], gain[mine]) for name, mine in groups if mine.any()}


def _fallback(abstained: np.ndarray, gain: np.ndarray) -> Fallback:
    return Fallback(len(abstained), float(abstained.mean()), float(np.where(abstained, gain, 0).mean()))


def _strata_of(severity: np.ndarray) -> np.ndarray:
    outside = severity[~((severity >= 0) & (severity <= 1))]
    if len(outside):
        raise DataError(f"expected severities in [0, 1], got {outside[0]:g}")
    return np.array(list(STRATA))[np.searchsorted(list(STRATA.values()), severity)]
