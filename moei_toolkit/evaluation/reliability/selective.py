"""What abstaining buys: quality and risk by how many decisions are kept, and the areas under those curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moei_toolkit.evaluation.reliability.confidence import Values, checked_outcomes


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


@dataclass(frozen=True)
class SystemCurve:
    """How good the whole system is, from dense everywhere to never abstaining.

    Attributes:
        coverage: (M + 1,) share of images restored along their own route, from 0 to 1.
        quality: (M + 1,) mean over all images, the others restored along the dense route; in dB.
    """

    coverage: np.ndarray
    quality: np.ndarray


@dataclass(frozen=True)
class SelectiveScores:
    """How well confidence tells good decisions from bad ones; smaller is better.

    Attributes:
        aurc: Mean risk of the i most confident decisions, averaged over i = 1 .. N (Geifman et al.,
            "Bias-reduced uncertainty estimation for deep neural classifiers", ICLR 2019).
        excess_aurc: How much of it would be gone if decisions were kept in the order of their risk; >= 0.
        augrc: Area under the risk that is kept per decision made, kept or not, over coverage (Traub et al.,
            "Overcoming common flaws in the evaluation of selective classification systems", NeurIPS
            2024). Unlike the AURC it does not count the most confident decisions many times. By trapezoids
            from (0, 0), so that useless confidence scores half the mean risk.
    """

    aurc: float
    excess_aurc: float
    augrc: float


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
    levels, counts, sums = _by_level(*checked_outcomes(confidence, risk))
    kept = np.cumsum(counts)
    return CoverageCurve(levels, kept / kept[-1], np.cumsum(sums) / kept)


def system_curve(confidence: Values, routed: Values, dense: Values) -> SystemCurve:
    """Trace the quality of the system against how many images keep their route; abstaining means dense.

    Args:
        confidence: (N,) in [0, 1]; equal ones are kept or dropped together.
        routed: (N,) quality along the chosen route, PSNR in dB.
        dense: (N,) quality along the dense route.

    Raises:
        DataError: Empty, of different length, NaN, or a confidence out of range.
    """
    confidence, routed, dense = checked_outcomes(confidence, routed, dense)
    _, counts, gains = _by_level(confidence, routed - dense)
    kept, gained = (np.append(0, np.cumsum(values)) / len(dense) for values in (counts, gains))
    return SystemCurve(kept, dense.mean() + gained)


def selective_scores(confidence: Values, risk: Values) -> SelectiveScores:
    """Sum up a coverage curve; the order of equally confident decisions is averaged over.

    Args:
        confidence: (N,) in [0, 1].
        risk: (N,) of anything that is bad: 1 for a mistake, or regret in dB.

    Raises:
        DataError: Empty, of different length, NaN, or a confidence out of range.
    """
    confidence, risk = checked_outcomes(confidence, risk)
    _, counts, sums = _by_level(confidence, risk)
    # The areas are linear in the risks: the mean over all orders of equals is that of their mean risk.
    ranked = np.repeat(sums / counts, counts)
    aurc = _area(ranked)
    generalized = (np.cumsum(ranked) - ranked / 2).sum() / len(ranked) ** 2
    return SelectiveScores(aurc, aurc - _area(np.sort(risk)), float(generalized))


def _area(ranked: np.ndarray) -> float:
    """Return the AURC of risks (N,), the most confident decision first."""
    return float(np.mean(np.cumsum(ranked) / np.arange(1, len(ranked) + 1)))


def _by_level(confidence: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct confidences, falling, with the count and the sum of the values at each."""
    levels, level = np.unique(-confidence, return_inverse=True)
    return -levels, np.bincount(level), np.bincount(level, values)
