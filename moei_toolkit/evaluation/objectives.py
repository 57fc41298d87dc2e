"""The research objectives O1 to O11: what was measured, against what, and whether it holds.

An objective is made of checks. It passes when all of them hold, fails when one does not, and is otherwise not
measured: a check without a measurement never passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from moei_toolkit.config.sections.judging import Objectives
from moei_toolkit.evaluation.checks import (
    Check,
    Measured,
    Missing,
    Verdict,
    at_least,
    at_most,
    compared,
    told_p,
)
from moei_toolkit.evaluation.costs import MeasuredCosts
from moei_toolkit.evaluation.quality import macro_label
from moei_toolkit.evaluation.studies import NO_STUDIES, Studies
from moei_toolkit.evaluation.study_checks import ablation_checks, other_data_checks, repetition_checks


@dataclass(frozen=True)
class Objective:
    """A research objective and its checks."""

    id: str
    title: str
    checks: Sequence[Check]
    verdict: Verdict = field(init=False)

    def __post_init__(self) -> None:
        holds = [check.holds for check in self.checks]
        verdict = "fail" if False in holds else "not measured" if None in holds or not holds else "pass"
        object.__setattr__(self, "verdict", verdict)


@dataclass(frozen=True)
class Certainty:
    """How sure a gain is.

    Attributes:
        low: Lower end of its interval.
        high: Upper end of its interval.
        p: Of the paired t-test, corrected for the number of budgets.
        cohens_d: None when all differences are equal.
    """

    low: float
    high: float
    p: float
    cohens_d: float | None


@dataclass(frozen=True)
class Gain:
    """How much better MoE-I is than a rival.

    Attributes:
        difference: In the unit of the metric, above 0 when MoE-I is better.
        certainty: Of it.
    """

    difference: float
    certainty: Certainty | Missing


@dataclass(frozen=True)
class Evidence:
    """What the objectives are judged on.

    Attributes:
        expert_gains: Expert -> dB of PSNR over dense on its own weather.
        expert_shares: Expert -> its parameters as a share of the backbone's.
        single_gains: Single-task model -> dB of PSNR over dense on its own weather; empty without any.
        dense_psnr: Macro PSNR of dense, dB.
        agreement: Share of images whose most probable expert is the oracle's.
        largest_share: Largest share of images that one expert got.
        ece: Expected calibration error.
        ece_null: Mean ECE that a perfectly calibrated router would show on as many images.
        abstained: Share of images.
        fallback_gains: Metric -> what falling back to dense changed in its macro mean; above 0 is better.
        oracle_gap: Macro dB of PSNR below the oracle.
        rank_tau: Kendall's tau-b of the ranking of the policies on these data and at home; None at home.
        studies: What was studied beside the run.
        over_equal: Budget -> metric -> gain over the dense model of that budget; empty without any.
        costs: What restoring costs; None when it was not measured.
        weathers: How many were tested.
    """

    expert_gains: Mapping[str, Measured]
    expert_shares: Mapping[str, float]
    single_gains: Mapping[str, Measured]
    dense_psnr: float
    agreement: Measured
    largest_share: Measured
    ece: Measured
    ece_null: float
    abstained: float
    fallback_gains: Mapping[str, float]
    oracle_gap: Measured
    rank_tau: Measured | None
    over_equal: Mapping[str, Mapping[str, Gain]]
    costs: MeasuredCosts | None
    weathers: int
    studies: Studies = NO_STUDIES


def judge_objectives(found: Evidence, limits: Objectives) -> tuple[Objective, ...]:
    """Return O1 to O11, in order."""
    elsewhere = found.rank_tau is not None
    return (
        Objective("O1", "4K benchmark and compute normalization", _benchmark(found.costs, limits)),
        Objective("O2", "dense baselines", _baselines(found, limits)),
        Objective("O3", "lightweight experts", _experts(found, limits)),
        Objective("O4", "Top-1 router with utility distillation", _router(found, limits)),
        Objective("O5", "calibration and abstention", _calibration(found, limits)),
        Objective("O6", "quality at equal budgets", _equal_budgets(found, limits)),
        Objective("O7", "cost control", _cost(found.costs, limits)),
        Objective("O8", "oracle attribution", [_attribution(found, limits)]),
        Objective(
            "O9", "ablation suite", ablation_checks(found.studies.ablations, limits.small_changes, elsewhere)
        ),
        Objective("O10", "mixed weather and other data", _other_data(found, limits)),
        Objective(
            "O11",
            "reproducibility",
            repetition_checks(found.studies.repetition, limits.rerun_psnr, elsewhere),
        ),
    )


_NO_BENCHMARK = Missing("no benchmark was run: the config has no bench; bench.runs=100 adds one")
_MEASURED_ONCE = Missing("everything was measured once: the config has one block of bench")


_COSTS = {
    "latency": "latency",
    "ms_per_mp": "ms/MP",
    "peak_memory": "peak memory",
    "throughput": "throughput",
}


def _benchmark(costs: MeasuredCosts | None, limits: Objectives) -> list[Check]:
    drift: Mapping[str, Measured] = dict.fromkeys(_COSTS, _NO_BENCHMARK)
    if costs is not None:
        drift = costs.drift or dict.fromkeys(_COSTS, _MEASURED_ONCE)
    quick = ", quick" if costs is not None and costs.quick else ""
    return [
        at_most(f"drift of {_name_of(cost, costs)}{quick}", drift[cost], limits.cost_drift, "%")
        for cost in _COSTS
    ]


def _cost(costs: MeasuredCosts | None, limits: Objectives) -> list[Check]:
    latency: Measured = _NO_BENCHMARK
    memory: Measured = _NO_BENCHMARK
    if costs is not None:
        noisy = costs.noise > costs.max_noise
        reason = f"too noisy: the ratio spreads by {costs.noise:.1%}, more than {costs.max_noise:.1%}"
        latency = Missing(reason) if noisy else costs.latency_over_dense
        memory = costs.memory_over_dense
    over = {"latency": latency, "ms_per_mp": latency, "peak_memory": memory}
    return [
        at_most(f"{_name_of(cost, costs)} over dense", value, limits.cost_overhead, "%")
        for cost, value in over.items()
    ]


def _name_of(cost: str, costs: MeasuredCosts | None) -> str:
    """Return what a cost is called; latency with the size of the image, which a config may have changed."""
    size = "4K" if costs is None else costs.image
    return f"{_COSTS[cost]} at {size}" if cost == "latency" else _COSTS[cost]


def _baselines(found: Evidence, limits: Objectives) -> list[Check]:
    reference = limits.dense_reference_psnr
    missing = Missing("no objectives.dense_reference_psnr for these data")
    distance = missing if reference is None else found.dense_psnr - reference
    dense = at_least("dense against the published median", distance, -limits.dense_margin)
    none = {"models": Missing("the config has no singles")}
    singles = (found.single_gains or none).items()
    return [dense, *(at_least(f"single {name} over dense", gain, 0.0) for name, gain in singles)]


def _experts(found: Evidence, limits: Objectives) -> list[Check]:
    gains = (at_least(f"expert {name} over dense", gain, 0.0) for name, gain in found.expert_gains.items())
    shares = (
        at_most(f"parameters of expert {name}", share, limits.expert_share, "%")
        for name, share in found.expert_shares.items()
    )
    return [*gains, *shares]


def _router(found: Evidence, limits: Objectives) -> list[Check]:
    return [
        at_least("agreement with the oracle", found.agreement, limits.agreement, "%"),
        compared("largest share of one expert", found.largest_share, "<", limits.largest_share, "%"),
    ]


def _calibration(found: Evidence, limits: Objectives) -> list[Check]:
    macro = macro_label(found.weathers)
    ece = at_most("ECE", found.ece, limits.ece, "")
    changes = (
        at_least(f"{macro} {metric.upper()}, what falling back changed", gain, 0.0, _unit(metric))
        for metric, gain in found.fallback_gains.items()
    )
    if ece.holds is not None:
        ece = replace(ece, measured=f"{ece.measured} (perfect calibration: {found.ece_null:.3f})")
    return [
        ece,
        at_most("abstained", found.abstained, limits.abstention, "%"),
        *changes,
    ]


def _unit(metric: str) -> str:
    return "dB" if metric.startswith("psnr") else ""


def _equal_budgets(found: Evidence, limits: Objectives) -> list[Check]:
    macro = macro_label(found.weathers)
    if not found.over_equal:
        return [at_least(f"{macro} PSNR", Missing("the config has no dense_equal"), limits.psnr_gain)]
    checks = []
    for budget, gains in found.over_equal.items():
        distance = next((name for name in sorted(gains) if name.startswith("lpips")), None)
        reduction = Missing("LPIPS was not computed") if distance is None else gains[distance].difference
        checks += [
            at_least(f"{macro} PSNR, {budget}", gains["psnr"].difference, limits.psnr_gain),
            at_least(f"{macro} LPIPS, {budget}, reduction", reduction, limits.lpips_gain, ""),
        ]
    return [*checks, _significance(found, limits)]


def _significance(found: Evidence, limits: Objectives) -> Check:
    """Hold when in one budget the interval excludes 0, p is small and the effect is not."""
    what = "significance of PSNR in one budget"
    threshold = f"above 0, p < {limits.p_value:g}, d >= {limits.cohens_d:g}"
    certainties = [gains["psnr"].certainty for gains in found.over_equal.values()]
    known = [one for one in certainties if isinstance(one, Certainty)]
    if not known:
        reasons = "; ".join(sorted({one.reason for one in certainties if isinstance(one, Missing)}))
        return Check(what, reasons, threshold, None)
    best = min(known, key=lambda one: one.p)
    if best.cohens_d is None:
        return Check(what, "all scenes differ by the same: no spread to judge by", threshold, None)
    return Check(
        what,
        f"{best.low:+.2f} to {best.high:+.2f} dB, p {told_p(best.p)}, d {best.cohens_d:.2f}",
        threshold,
        any(
            one.low > 0 and one.p < limits.p_value and (one.cohens_d or 0.0) >= limits.cohens_d
            for one in known
        ),
    )


def _other_data(found: Evidence, limits: Objectives) -> list[Check]:
    if found.rank_tau is None:
        return other_data_checks(found.studies.other_data, limits.rank_tau)
    return [at_least("Kendall's tau of the policies, here and at home", found.rank_tau, limits.rank_tau, "")]


def _attribution(found: Evidence, limits: Objectives) -> Check:
    gap = at_most("gap to the oracle", found.oracle_gap, limits.oracle_gap, "dB")
    agreement = at_least("agreement with it", found.agreement, limits.agreement, "%")
    return Check(
        f"{gap.what}, or {agreement.what}",
        ", ".join(dict.fromkeys((gap.measured, agreement.measured))),  # one reason may hold for both
        f"{gap.threshold}, or {agreement.threshold}",
        None if gap.holds is None or agreement.holds is None else gap.holds or agreement.holds,
    )
