"""The research objectives O1 to O11: what was measured, against what, and whether it holds.

An objective is made of checks. It passes when all of them hold, fails when one does not, and is otherwise not
measured: a check without a measurement never passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from moei_toolkit.config.sections import Objectives

Verdict = Literal["pass", "fail", "not measured"]


@dataclass(frozen=True)
class Check:
    """One condition of an objective.

    Attributes:
        what: What is measured.
        measured: The value with its unit, or why there is none.
        threshold: What it has to be.
        holds: None when it was not measured.
    """

    what: str
    measured: str
    threshold: str
    holds: bool | None


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
class Gain:
    """How much better MoE-I is than a rival: a difference with its interval and tests.

    Attributes:
        difference: In the unit of the metric, above 0 when MoE-I is better.
        low: Lower end of the interval.
        high: Upper end of the interval.
        p: Of the paired t-test, corrected for the number of budgets.
        cohens_d: None when it is not defined.
    """

    difference: float
    low: float
    high: float
    p: float
    cohens_d: float | None


@dataclass(frozen=True)
class Evidence:
    """What the objectives are judged on; None for what was not measured.

    Attributes:
        expert_gains: Expert -> dB of PSNR over dense on its own weather.
        expert_shares: Expert -> its parameters as a share of the backbone's.
        single_gains: Single-task model -> dB of PSNR over dense on its own weather.
        dense_psnr: Macro PSNR of dense, dB.
        agreement: Share of images whose most probable expert is the oracle's.
        largest_share: Largest share of images that one expert got.
        ece: Expected calibration error.
        ece_null: Mean ECE that a perfectly calibrated router would show on as many images.
        abstained: Share of images.
        fallback_gain: Macro dB of PSNR that falling back to dense changed.
        oracle_gap: Macro dB of PSNR below the oracle.
        rank_tau: Kendall's tau-b of the ranking of the policies on these data and at home; None at home.
        over_equal: Budget -> metric -> gain over the dense model of that budget.
    """

    expert_gains: Mapping[str, float]
    expert_shares: Mapping[str, float]
    single_gains: Mapping[str, float]
    dense_psnr: float
    agreement: float
    largest_share: float
    ece: float
    ece_null: float
    abstained: float
    fallback_gain: float
    oracle_gap: float
    rank_tau: float | None
    over_equal: Mapping[str, Mapping[str, Gain]]


def judge_objectives(found: Evidence, limits: Objectives) -> tuple[Objective, ...]:
    """Return O1 to O11, in order."""
    return (
        Objective(
            "O1", "4K benchmark and compute normalization", [_absent("drift of four costs at 4K", _BENCH)]
        ),
        Objective("O2", "dense baselines", _baselines(found, limits)),
        Objective("O3", "lightweight experts", _experts(found, limits)),
        Objective("O4", "Top-1 router with utility distillation", _router(found, limits)),
        Objective("O5", "calibration and abstention", _calibration(found, limits)),
        Objective("O6", "quality at equal budgets", _equal_budgets(found, limits)),
        Objective("O7", "cost control", [_absent("latency, ms/MP and memory against dense", _BENCH)]),
        Objective("O8", "oracle attribution", [_attribution(found, limits)]),
        Objective("O9", "ablation suite", [_absent("one factor at a time", "no ablations were run")]),
        Objective("O10", "mixed weather and other data", [_other_data(found, limits)]),
        Objective(
            "O11", "reproducibility", [_absent("difference of a second run", "no second run to compare")]
        ),
    )


_BENCH = "no benchmark was run"


def _absent(what: str, reason: str, threshold: str = "") -> Check:
    return Check(what, reason, threshold, None)


def _at_least(what: str, value: float, limit: float, unit: str = "dB") -> Check:
    return Check(what, _shown(value, unit, sign=unit == "dB"), f">= {_shown(limit, unit)}", value >= limit)


def _at_most(what: str, value: float, limit: float, unit: str) -> Check:
    return Check(what, _shown(value, unit), f"<= {_shown(limit, unit)}", value <= limit)


def _shown(value: float, unit: str, sign: bool = False) -> str:
    if unit == "%":
        return f"{value:.1%}"
    return f"{value:{'+' if sign else ''}.{2 if unit == 'dB' else 3}f} {unit}".rstrip()


def _baselines(found: Evidence, limits: Objectives) -> list[Check]:
    reference = limits.dense_reference_psnr
    dense = (
        _absent("dense against the published median", "no objectives.dense_reference_psnr for this data")
        if reference is None
        else _at_least(
            "dense against the published median", found.dense_psnr - reference, -limits.dense_margin
        )
    )
    singles = [_at_least(f"single {name} over dense", gain, 0.0) for name, gain in found.single_gains.items()]
    return [dense, *(singles or [_absent("single-task models over dense", "the config has no singles")])]


def _experts(found: Evidence, limits: Objectives) -> list[Check]:
    gains = [_at_least(f"expert {name} over dense", gain, 0.0) for name, gain in found.expert_gains.items()]
    shares = [
        _at_most(f"parameters of expert {name}", share, limits.expert_share, "%")
        for name, share in found.expert_shares.items()
    ]
    return [*(gains or [_absent("experts over dense", "none was tested on its own weather")]), *shares]


def _router(found: Evidence, limits: Objectives) -> list[Check]:
    share = found.largest_share
    return [
        _at_least("agreement with the oracle", found.agreement, limits.agreement, "%"),
        Check(
            "largest share of one expert",
            f"{share:.1%}",
            f"< {limits.largest_share:.1%}",
            share < limits.largest_share,
        ),
    ]


def _calibration(found: Evidence, limits: Objectives) -> list[Check]:
    ece = _at_most("ECE", found.ece, limits.ece, "")
    return [
        Check(
            ece.what, f"{ece.measured} (perfect calibration: {found.ece_null:.3f})", ece.threshold, ece.holds
        ),
        _at_most("abstained", found.abstained, limits.abstention, "%"),
        _at_least("macro PSNR, what falling back changed", found.fallback_gain, 0.0),
    ]


def _equal_budgets(found: Evidence, limits: Objectives) -> list[Check]:
    if not found.over_equal:
        return [_absent("MoE-I over dense-equal", "the config has no dense_equal")]
    checks = []
    for budget, gains in found.over_equal.items():
        checks.append(_at_least(f"macro PSNR, {budget}", gains["psnr"].difference, limits.psnr_gain))
        if "lpips" in gains:
            better = gains["lpips"].difference
            checks.append(_at_least(f"macro LPIPS, {budget}, reduction", better, limits.lpips_gain, ""))
        else:
            checks.append(_absent(f"macro LPIPS, {budget}", "LPIPS was not computed"))
    return [*checks, _significance(found, limits)]


def _significance(found: Evidence, limits: Objectives) -> Check:
    """Hold when in one budget the interval excludes 0, p is small and the effect is not."""
    gains = [budget["psnr"] for budget in found.over_equal.values()]
    best = min(gains, key=lambda gain: gain.p)
    effect = "-" if best.cohens_d is None else f"{best.cohens_d:.2f}"
    return Check(
        "significance in one budget",
        f"{best.low:+.2f} to {best.high:+.2f} dB, p {best.p:.3f}, d {effect}",
        f"above 0, p < {limits.p_value:g}, d >= {limits.cohens_d:g}",
        any(
            gain.low > 0 and gain.p < limits.p_value and (gain.cohens_d or 0.0) >= limits.cohens_d
            for gain in gains
        ),
    )


def _other_data(found: Evidence, limits: Objectives) -> Check:
    what = "Kendall's tau of the policies, here and at home"
    if found.rank_tau is None:
        return _absent(what, "no other data were tested")
    return _at_least(what, found.rank_tau, limits.rank_tau, "")


def _attribution(found: Evidence, limits: Objectives) -> Check:
    gap, agreement = found.oracle_gap, found.agreement
    return Check(
        "gap to the oracle, or agreement with it",
        f"{gap:.2f} dB, {agreement:.1%}",
        f"<= {limits.oracle_gap:.2f} dB, or >= {limits.agreement:.1%}",
        gap <= limits.oracle_gap or agreement >= limits.agreement,
    )
