"""Do the findings of one data set hold on another, and would calibrating again help where they do not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.calibrators.abstention import choose_threshold
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.quality import macro_psnr
from moei_toolkit.evaluation.reliability.calibration_error import expected_calibration_error
from moei_toolkit.evaluation.routing.decisions import Decisions, decisions_of
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.statistics.rank_agreement import RankAgreement, rank_agreement
from moei_toolkit.types import ORACLE


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
    """A second calibration, on every other scene of the other data set.

    Attributes:
        temperature: By which the run's own probabilities are softened (above 1) or sharpened.
        threshold: tau that goes with it.
        images: How many it is judged on, of scenes it was not fitted on.
        before: With the run's own calibration.
        after: With this one.
    """

    temperature: float
    threshold: float
    images: int
    before: Reached
    after: Reached


@dataclass(frozen=True)
class Shift:
    """How a run fares on other data.

    Attributes:
        rank: How alike the two data sets rank the policies, by macro PSNR; the oracle is left out.
        sensitive: The rankings agree less than asked for.
        recalibration: What calibrating again would bring; None unless sensitive, or with a single scene.
    """

    rank: RankAgreement
    sensitive: bool
    recalibration: Recalibration | None


def judge_shift(
    rows: Sequence[Row], home: Mapping[str, float], least_tau: float, max_abstention: float, bins: int
) -> Shift:
    """Compare a run on other data with the same run on its own test images.

    Args:
        rows: On the other data.
        home: Policy -> macro PSNR on its own, dB.
        least_tau: Kendall's tau-b below which the findings are sensitive to the data.
        max_abstention: Largest share of abstentions of a second calibration.
        bins: Of the calibration error.

    Raises:
        DataError: If the two have fewer than three policies in common, or no degraded images.
    """
    rank = rank_agreement(_without_oracle(macro_psnr(rows)), _without_oracle(home))
    sensitive = rank.tau < least_tau
    decisions = decisions_of(rows)
    splittable = len(set(decisions.scenes.tolist())) > 1
    again = recalibrate(decisions, max_abstention, bins) if sensitive and splittable else None
    return Shift(rank, sensitive, again)


def _without_oracle(scores: Mapping[str, float]) -> dict[str, float]:
    return {policy: score for policy, score in scores.items() if policy != ORACLE}


def recalibrate(decisions: Decisions, max_abstention: float, bins: int) -> Recalibration:
    """Fit temperature and threshold on every other scene, and judge both calibrations on the rest.

    Raises:
        DataError: If there is only one scene.
    """
    scenes = sorted(set(decisions.scenes.tolist()))
    fitting = np.isin(decisions.scenes, scenes[::2])
    if fitting.all():
        raise DataError(f"calibrating again needs two scenes or more, got {scenes}")
    # Softmax does not see what is added to all logits, so logarithms of its output serve as logits.
    logits = np.log(np.maximum(decisions.probabilities, np.finfo(np.float64).tiny))
    calibrator = Temperature()
    calibrator.fit(logits[fitting], decisions.oracle[fitting])
    confidence = calibrator.probabilities(logits).max(1)
    chosen = choose_threshold(
        confidence[fitting], decisions.routed[fitting], decisions.dense[fitting], max_abstention
    )
    rest = ~fitting
    return Recalibration(
        temperature=calibrator.temperature,
        threshold=chosen.threshold,
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
