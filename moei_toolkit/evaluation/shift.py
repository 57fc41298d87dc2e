"""Do the findings of one data set hold on another, and would calibrating again help where they do not?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.calibrators.abstention import choose_threshold
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.checks import Missing
from moei_toolkit.evaluation.quality import macro_psnr, weathers_of
from moei_toolkit.evaluation.reliability.calibration_error import expected_calibration_error
from moei_toolkit.evaluation.routing.decisions import Decisions, decisions_of
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.statistics.rank_agreement import RankAgreement, rank_agreement
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, INPUT, TOP2

SYSTEMS = (INPUT, DENSE, DENSE_EQUAL, TOP2, ACTUAL)
"""Whole systems that one can use, in the order of tables: no single experts and not the oracle."""

_PARTS = 3
"""Scenes that fit, that choose, and that judge."""


@dataclass(frozen=True)
class Home:
    """What other data are compared with: the run on its own test images.

    Attributes:
        psnr: Policy -> macro PSNR, dB.
        seen: What of the other data the run has seen, so that they are not other data; None if nothing.
        subject: Which run is judged on which data, in a sentence.
    """

    psnr: Mapping[str, float]
    seen: str | None
    subject: str


@dataclass(frozen=True)
class Reached:
    """What one calibration reaches on the scenes it was not fitted on.

    Attributes:
        ece: Expected calibration error.
        abstained: Share of images.
        psnr: Mean of what comes out, dB.
    """

    ece: float
    abstained: float
    psnr: float


@dataclass(frozen=True)
class Recalibration:
    """A second calibration, on some scenes of the other data set, judged on the rest.

    Attributes:
        temperature: By which the run's own probabilities are softened (above 1) or sharpened.
        at_bound: The temperature lies at a bound, usually a sign of too few images.
        threshold: tau that goes with it.
        fitting: How many images the temperature is fitted on.
        choosing: How many the threshold is chosen on, of other scenes.
        images: How many it is judged on, of scenes that neither has seen.
        before: With the run's own calibration.
        after: With this one.
    """

    temperature: float
    at_bound: bool
    threshold: float
    fitting: int
    choosing: int
    images: int
    before: Reached
    after: Reached


@dataclass(frozen=True)
class Shift:
    """How a run fares on other data.

    Attributes:
        rank: How alike the two data sets rank the policies that stand for whole systems, by macro PSNR.
        sensitive: The rankings agree less than asked for.
        recalibration: What calibrating again would bring; None unless sensitive, or with fewer than
            three scenes.
    """

    rank: RankAgreement
    sensitive: bool
    recalibration: Recalibration | None


def judge_shift(
    rows: Sequence[Row], home: Mapping[str, float], least_tau: float, max_abstention: float, bins: int
) -> Shift | Missing:
    """Compare a run on other data with the same run on its own test images.

    Args:
        rows: On the other data.
        home: Policy -> macro PSNR on its own, dB.
        least_tau: Kendall's tau-b below which the findings are sensitive to the data.
        max_abstention: Largest share of abstentions of a second calibration.
        bins: Of the calibration error.

    Returns:
        How it fares, or why that cannot be told: one of the two ranks nothing.

    Raises:
        DataError: If the two have fewer than three policies in common, or no degraded images.
    """
    rank = _rank(rows, home)
    if isinstance(rank, Missing):
        return rank
    sensitive = rank.tau < least_tau
    decisions = decisions_of(rows)
    splittable = len(np.unique(decisions.scenes)) >= _PARTS
    again = recalibrate(decisions, max_abstention, bins) if sensitive and splittable else None
    return Shift(rank, sensitive, again)


def rank_elsewhere(rows: Sequence[Row], own: Sequence[Row]) -> RankAgreement | Missing:
    """Return how alike other data and a run's own test images rank the policies, from the rows of both.

    Raises:
        DataError: As in `judge_shift`.
    """
    return _rank(rows, psnr_at_home(own, weathers_of(rows)))


def psnr_at_home(own: Sequence[Row], weathers: Collection[str]) -> dict[str, float]:
    """Return the macro PSNR of every policy on a run's own test images, of some weathers if it has any."""
    return macro_psnr([row for row in own if row.degradation in weathers] or own)


def _rank(rows: Sequence[Row], home: Mapping[str, float]) -> RankAgreement | Missing:
    called = "the ranking here", "the ranking at home"
    return rank_agreement(_ranked(macro_psnr(rows)), _ranked(home), called)


def _ranked(scores: Mapping[str, float]) -> dict[str, float]:
    return {policy: scores[policy] for policy in SYSTEMS if policy in scores}


def recalibrate(decisions: Decisions, max_abstention: float, bins: int) -> Recalibration:
    """Fit the temperature on every third scene and the threshold on another, and judge both on the rest.

    Raises:
        DataError: If there are fewer than three scenes.
    """
    scenes, number = np.unique(decisions.scenes, return_inverse=True)
    if len(scenes) < _PARTS:
        raise DataError(f"calibrating again needs {_PARTS} scenes or more, got {scenes.tolist()}")
    fitting, choosing, rest = (number % _PARTS == part for part in range(_PARTS))
    # Softmax does not see what is added to all logits, so logarithms of its output serve as logits.
    logits = np.log(np.maximum(decisions.probabilities, np.finfo(np.float64).tiny))
    calibrator = Temperature()
    calibrator.fit(logits[fitting], decisions.oracle[fitting])
    confidence = calibrator.probabilities(logits).max(1)
    chosen = choose_threshold(
        confidence[choosing], decisions.routed[choosing], decisions.dense[choosing], max_abstention
    )
    return Recalibration(
        temperature=calibrator.temperature,
        at_bound=calibrator.at_bound,
        threshold=chosen.threshold,
        fitting=int(fitting.sum()),
        choosing=int(choosing.sum()),
        images=int(rest.sum()),
        before=_reached(decisions, rest, decisions.confidence, decisions.abstained, bins),
        after=_reached(decisions, rest, confidence, confidence < chosen.threshold, bins),
    )


def _reached(
    decisions: Decisions, mine: np.ndarray, confidence: np.ndarray, abstained: np.ndarray, bins: int
) -> Reached:
    came_out = np.where(abstained, decisions.dense, decisions.routed)
    return Reached(
        ece=expected_calibration_error(confidence[mine], decisions.right[mine], bins),
        abstained=float(abstained[mine].mean()),
        psnr=float(came_out[mine].mean()),
    )
