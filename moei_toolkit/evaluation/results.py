"""Everything that a run's tables, figures and objectives say, derived from its rows and a few facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.config.sections.judging import Objectives
from moei_toolkit.evaluation.checks import Missing
from moei_toolkit.evaluation.costs import MeasuredCosts
from moei_toolkit.evaluation.evidence import (
    choice_or_reason,
    fallback_gains,
    gains_or_reasons,
    gains_over_equal,
    several_or_reason,
    share_or_reason,
)
from moei_toolkit.evaluation.objectives import Evidence, Objective, judge_objectives
from moei_toolkit.evaluation.quality import Quality, gains_over, measure_quality
from moei_toolkit.evaluation.reliability.calibration_quality import CalibrationQuality, judge_calibration
from moei_toolkit.evaluation.reliability.selective import SelectiveScores, selective_scores
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.routing.routing_quality import RoutingQuality, judge_routing
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.severity import Stratum, by_severity
from moei_toolkit.evaluation.shift import SYSTEMS, Home, Shift, judge_shift
from moei_toolkit.evaluation.statistics.comparisons import Comparison, compare_all
from moei_toolkit.evaluation.studies import NO_STUDIES, Studies
from moei_toolkit.types import (
    ACTUAL,
    DENSE,
    DENSE_EQUAL,
    EXPERT_PREFIX,
    ORACLE,
    SINGLE_PREFIX,
    TOP2,
)


@dataclass(frozen=True)
class Facts:
    """What the rows do not say.

    Attributes:
        seed: Of the resamples.
        bins: Equal-width bins of the expected calibration error.
        higher_is_better: Metric -> its direction.
        task_of_expert: Expert -> the weather it serves.
        task_of_single: Single-task model -> the weather it was trained on.
        expert_shares: Expert -> its parameters as a share of the backbone's.
        threshold: tau of the abstention.
        limits: Thresholds of the objectives.
        home: What the rows are compared with when they are of other data.
        costs: What restoring costs; None when it was not measured.
        studies: What was studied beside the run.
    """

    seed: int
    bins: int
    higher_is_better: Mapping[str, bool]
    task_of_expert: Mapping[str, str]
    task_of_single: Mapping[str, str]
    expert_shares: Mapping[str, float]
    threshold: float
    limits: Objectives
    home: Home | None = None
    costs: MeasuredCosts | None = None
    studies: Studies = NO_STUDIES


@dataclass(frozen=True)
class Results:
    """What came out of a run.

    Attributes:
        quality: Of every policy.
        experts: Names, in the order of the columns of ``routing``.
        routing: How good the routes were.
        agreement_with_weather: Share of images whose chosen expert serves their weather.
        oracle_is_weather: Share of images whose best expert serves their weather.
        calibration: Whether confidence means what it says.
        selective: Whether confidence orders decisions, by mistakes.
        selective_regret: The same by regret, dB.
        expert_gains: Expert -> dB of PSNR over dense on its own weather, where that was tested.
        single_gains: Single-task model -> the same.
        comparisons: MoE-I against its rivals.
        severity: PSNR by weather and severity.
        shift: How other data differ from the run's own; None on its own, when the run has seen them, or when
            one of the two ranks nothing.
        objectives: O1 to O11.
    """

    quality: Quality
    experts: tuple[str, ...]
    routing: RoutingQuality
    agreement_with_weather: float
    oracle_is_weather: float
    calibration: CalibrationQuality
    selective: SelectiveScores
    selective_regret: SelectiveScores
    expert_gains: dict[str, float]
    single_gains: dict[str, float]
    comparisons: tuple[Comparison, ...]
    severity: tuple[Stratum, ...]
    shift: Shift | None
    objectives: tuple[Objective, ...]


def derive_results(rows: Sequence[Row], facts: Facts) -> Results:
    """Derive everything; the same rows and facts give the same results.

    Raises:
        DataError: If there is no degraded image, or the rows are not complete.
    """
    quality = measure_quality(rows, facts.higher_is_better)
    decisions = decisions_of(rows)
    routing = judge_routing(
        decisions.psnr,
        decisions.dense,
        decisions.chosen,
        decisions.abstained,
        decisions.weathers,
        decisions.severity,
        decisions.errors,
        taken=decisions.taken,
        achieved=decisions.achieved,
    )
    tasks = np.array([facts.task_of_expert[name] for name in decisions.experts])
    calibration = judge_calibration(
        decisions.confidence,
        decisions.right,
        decisions.scenes,
        np.random.default_rng([facts.seed, 0]),
        facts.bins,
    )
    comparisons = compare_all(
        rows, _pairs(rows), facts.higher_is_better, np.random.default_rng([facts.seed, 1])
    )
    experts = {f"{EXPERT_PREFIX}{name}": task for name, task in facts.task_of_expert.items()}
    singles = {f"{SINGLE_PREFIX}{name}": task for name, task in facts.task_of_single.items()}
    expert_gains = _without_prefix(gains_over(rows, experts, DENSE), EXPERT_PREFIX)
    single_gains = _without_prefix(gains_over(rows, singles, DENSE), SINGLE_PREFIX)
    shift = _shift(rows, facts)
    count, gap = len(decisions.experts), quality.macro[ORACLE]["psnr"] - quality.macro[ACTUAL]["psnr"]
    evidence = Evidence(
        expert_gains=gains_or_reasons(expert_gains, facts.task_of_expert),
        expert_shares=facts.expert_shares,
        single_gains=gains_or_reasons(single_gains, facts.task_of_single),
        dense_psnr=quality.macro[DENSE]["psnr"],
        agreement=choice_or_reason(routing.agreement, count),
        largest_share=share_or_reason(routing.largest_share, len(quality.weathers), count),
        ece=several_or_reason(choice_or_reason(calibration.ece, count), calibration.scenes),
        ece_null=calibration.ece_calibrated,
        abstained=routing.fallback.overall.abstained,
        fallback_gains=fallback_gains(rows, facts.higher_is_better),
        oracle_gap=several_or_reason(choice_or_reason(gap, count), calibration.scenes),
        rank_tau=shift.rank.tau if isinstance(shift, Shift) else shift,
        over_equal=gains_over_equal(comparisons),
        costs=facts.costs,
        weathers=len(quality.weathers),
        studies=facts.studies,
    )
    return Results(
        quality=quality,
        experts=decisions.experts,
        routing=routing,
        agreement_with_weather=float(np.mean(tasks[decisions.chosen] == decisions.weathers)),
        oracle_is_weather=float(np.mean(tasks[decisions.oracle] == decisions.weathers)),
        calibration=calibration,
        selective=selective_scores(decisions.trust, ~decisions.right),
        selective_regret=selective_scores(decisions.trust, decisions.psnr.max(1) - decisions.routed),
        expert_gains=expert_gains,
        single_gains=single_gains,
        comparisons=comparisons,
        severity=tuple(by_severity(rows, shown_policies(rows), "psnr")),
        shift=shift if isinstance(shift, Shift) else None,
        objectives=judge_objectives(evidence, facts.limits),
    )


def shown_policies(rows: Sequence[Row]) -> list[str]:
    """Return the policies that stand for whole systems, in the order of tables; single experts do not."""
    there = {row.policy for row in rows}
    return [policy for policy in (*SYSTEMS, ORACLE) if policy in there]


def comparison_of(
    comparisons: Sequence[Comparison], second: str, metric: str, weather: str
) -> Comparison | None:
    """Return MoE-I against one rival in one metric on one weather, if it was compared."""
    found = (
        one
        for one in comparisons
        if (one.first, one.second, one.metric, one.weather) == (ACTUAL, second, metric, weather)
    )
    return next(found, None)


def _pairs(rows: Sequence[Row]) -> list[tuple[str, str]]:
    there = {row.policy for row in rows}
    return [(ACTUAL, rival) for rival in (DENSE, DENSE_EQUAL, TOP2) if rival in there]


def _without_prefix(gains: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {name.removeprefix(prefix): gain for name, gain in gains.items()}


def _shift(rows: Sequence[Row], facts: Facts) -> Shift | Missing | None:
    """Return how other data differ, or why that cannot be told; None on the run's own data."""
    if facts.home is None:
        return None
    if facts.home.seen:
        return Missing(facts.home.seen)
    return judge_shift(rows, facts.home.psnr, facts.limits.rank_tau, facts.limits.abstention, facts.bins)
