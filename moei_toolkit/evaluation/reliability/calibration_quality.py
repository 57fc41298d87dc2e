"""Everything about the calibration of a router in one place, with how far chance alone would get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import ConfigError
from moei_toolkit.evaluation.reliability.bins import ReliabilityBin, equal_mass_bins, reliability_bins
from moei_toolkit.evaluation.reliability.calibration_chance import (
    errors_of_other_scenes,
    errors_when_calibrated,
)
from moei_toolkit.evaluation.reliability.calibration_error import (
    brier_score,
    debiased_squared_error,
    decision_likelihood,
    error_over,
)
from moei_toolkit.evaluation.reliability.confidence import Values, checked_decisions
from moei_toolkit.evaluation.statistics.bootstrap import LEVEL, RESAMPLES

COVERAGE_CALIBRATED, COVERAGE_OFF = (0.61, 0.75), (0.77, 0.94)
"""Least and largest share of intervals of level 0.95 that hold the true error, as measured on 72 to 900
images of 6 to 300 scenes: for perfectly calibrated routers, and for those that are off by 0.03 to 0.1."""

_ROUNDING = 1e-12


@dataclass(frozen=True)
class CalibrationQuality:
    """Whether the confidence of a router means what it says.

    Attributes:
        decisions: How many.
        scenes: How many scenes they come from.
        accuracy: Share of correct decisions.
        confidence: Their mean confidence; above the accuracy, the router is over-confident.
        ece: Expected calibration error over equal-width bins.
        ece_low: Lower end of its interval; None for a single scene, from which there is none.
        ece_high: Upper end.
        level: What share of such intervals shall hold the error of infinitely many decisions; fewer do, see
            `COVERAGE_CALIBRATED`.
        ece_calibrated: What a perfectly calibrated router would show with these confidences, on average.
        p_calibrated: Share of such routers that show at least ``ece``. Small: this is not one of them.
        ece_equal_mass: The error over bins of equal counts.
        squared_error_debiased: Squared error over the equal-width bins without what chance adds; may be below
            0, and is None when every decision is alone in its bin.
        brier: Brier score.
        nll: Negative log-likelihood of right and wrong, nats.
        bins: The reliability diagram that ``ece`` sums up.
    """

    decisions: int
    scenes: int
    accuracy: float
    confidence: float
    ece: float
    ece_low: float | None
    ece_high: float | None
    level: float
    ece_calibrated: float
    p_calibrated: float
    ece_equal_mass: float
    squared_error_debiased: float | None
    brier: float
    nll: float
    bins: tuple[ReliabilityBin, ...]


def judge_calibration(
    confidence: Values,
    correct: Values,
    scenes: np.ndarray | Sequence[object],
    rng: np.random.Generator,
    bins: int = 15,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> CalibrationQuality:
    """Measure the calibration of decisions in every way the toolkit knows.

    The interval is the basic bootstrap over scenes, [2 ece - q_high, 2 ece - q_low] within [0, 1]; it may
    end below ``ece``. Percentiles would not do: a finite sample raises the error, a resample of it raises it
    again, and those of a calibrated router never hold its true error, which is 0. This one holds it in 61% to
    75% of trials instead of 95%, and lies above it in the others: that it excludes 0 says less than the
    p-value does. That of a router off by 0.03 to 0.1 holds the truth in 77% to 94%. The p-value takes
    outcomes as independent; where images of one scene fail together, it is smaller than it should be.

    Args:
        confidence: (N,) in [0, 1].
        correct: (N,) 0 or 1, or bool.
        scenes: (N,) label of the scene of each image.
        rng: Of the bootstrap and of the outcomes of calibrated routers.
        bins: How many, of either kind.
        resamples: How many, for the interval and for the p-value.
        level: Of the interval, in (0, 1).

    Raises:
        DataError: Empty, of different length, NaN, or out of range.
        ConfigError: If ``bins``, ``resamples`` or ``level`` is out of range.
    """
    if not 0 < level < 1 or resamples < 1:
        raise ConfigError(f"expected level in (0, 1) and resamples >= 1, got {level} and {resamples}")
    confidence, correct = checked_decisions(confidence, correct)
    table = reliability_bins(confidence, correct, bins)
    ece = error_over(table)
    drawn = errors_of_other_scenes(confidence, correct, scenes, bins, rng, resamples)
    calibrated = errors_when_calibrated(confidence, bins, rng, resamples)
    number = len(np.unique(np.asarray(scenes)))
    low, high = _basic_interval(ece, drawn, level) if number > 1 else (None, None)
    return CalibrationQuality(
        decisions=len(confidence),
        scenes=number,
        accuracy=float(correct.mean()),
        confidence=float(confidence.mean()),
        ece=ece,
        ece_low=low,
        ece_high=high,
        level=level,
        ece_calibrated=float(calibrated.mean()),
        p_calibrated=float((1 + np.sum(calibrated >= ece - _ROUNDING)) / (1 + resamples)),
        ece_equal_mass=error_over(equal_mass_bins(confidence, correct, bins)),
        squared_error_debiased=debiased_squared_error(table),
        brier=brier_score(confidence, correct),
        nll=decision_likelihood(confidence, correct),
        bins=tuple(table),
    )


def _basic_interval(observed: float, drawn: np.ndarray, level: float) -> tuple[float, float]:
    tails = np.quantile(drawn, [(1 + level) / 2, (1 - level) / 2])
    low, high = np.clip(2 * observed - tails, 0, 1).tolist()
    return low, high
