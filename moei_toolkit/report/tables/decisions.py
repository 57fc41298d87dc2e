"""How good the decisions were, and how far their confidence can be trusted."""

from __future__ import annotations

from collections.abc import Mapping

from moei_toolkit.evaluation.checks import told_p
from moei_toolkit.evaluation.reliability.calibration_quality import COVERAGE_CALIBRATED, COVERAGE_OFF
from moei_toolkit.evaluation.results import Results
from moei_toolkit.evaluation.statistics.bootstrap import LEVEL
from moei_toolkit.report.tables.table import Table
from moei_toolkit.types import ACTUAL, DENSE


def routing_table(results: Results) -> Table:
    """Return how good the routes were."""
    found, clean = results.routing, results.quality.clean.get(ACTUAL)
    routes = zip((*results.experts, DENSE), found.taken, strict=True)
    lines = [
        ["agreement with the oracle", f"{found.agreement:.1%}"],
        [f"agreement within {found.tolerance:.2f} dB", f"{found.agreement_within:.1%}"],
        [f"images on which all experts are within {found.tolerance:.2f} dB", f"{found.indifferent:.1%}"],
        ["agreement with the weather", f"{results.agreement_with_weather:.1%}"],
        ["agreement of the oracle with the weather", f"{results.oracle_is_weather:.1%}"],
        ["regret of the chosen expert, mean", f"{found.regret_mean:.2f} dB"],
        ["regret of the chosen expert, 95th percentile", f"{found.regret_p95:.2f} dB"],
        ["gap to the oracle, after abstentions", f"{found.oracle_gap:.2f} dB"],
        *([f"restored along {name}", f"{share:.1%}"] for name, share in routes),
        ["largest share chosen for one expert", _largest_share(results)],
        *_gains("expert", results.expert_gains),
        *_gains("single", results.single_gains),
    ]
    if clean:
        lines.append(["clean photographs, output against input, worst", f"{clean['min_psnr']:.1f} dB"])
    note = (
        "Over degraded test images but for the last line. Agreement counts what the router chose, whether or "
        "not it was trusted. The oracle takes the expert of least task loss; regret, gap, and what is within "
        f"{found.tolerance:.2f} dB are of PSNR."
    )
    if len(results.experts) == 1:
        note += " There is one expert only: nothing was chosen."
    return Table("Routing", ["measure", "value"], lines, note)


def _largest_share(results: Results) -> str:
    lone = len(results.quality.weathers) == 1
    return f"{results.routing.largest_share:.1%}" + " (one weather)" * lone


def _gains(kind: str, gains: Mapping[str, float]) -> list[list[str]]:
    return [[f"{kind} {name} over dense on its weather", f"{gain:+.2f} dB"] for name, gain in gains.items()]


def reliability_table(results: Results, threshold: float) -> Table:
    """Return how well confidence is calibrated, how well it orders decisions, and what abstaining did."""
    found, abstained = results.calibration, results.routing.fallback.overall
    ends = (
        "no interval from one scene"
        if found.ece_low is None or found.ece_high is None
        else f"{found.level:.0%} interval {found.ece_low:.3f} to {found.ece_high:.3f}"
    )
    debiased = found.squared_error_debiased
    lines = [
        [f"ECE, {len(found.bins)} equal-width bins", f"{found.ece:.3f} ({ends})"],
        [
            "ECE of perfect calibration on as many decisions",
            f"{found.ece_calibrated:.3f} (p {told_p(found.p_calibrated)})",
        ],
        ["ECE, bins of equal counts", f"{found.ece_equal_mass:.3f}"],
        ["squared calibration error, debiased", "-" if debiased is None else f"{debiased:.4f}"],
        ["Brier score", f"{found.brier:.3f}"],
        ["negative log-likelihood", f"{found.nll:.3f} nats"],
        ["mean confidence", f"{found.confidence:.1%}"],
        ["accuracy", f"{found.accuracy:.1%}"],
        ["AURC of mistakes", f"{results.selective.aurc:.4f} (excess {results.selective.excess_aurc:.4f})"],
        ["AUGRC of mistakes", f"{results.selective.augrc:.4f}"],
        ["AURC of regret", f"{results.selective_regret.aurc:.3f} dB"],
        ["threshold of the confidence", f"{threshold:.2f}"],
        ["abstained", f"{abstained.abstained:.1%}, gain {abstained.gain:+.3f} dB"],
    ]
    note = f"{found.decisions} decisions of {found.scenes} scenes; right is what agrees with the oracle."
    caution = [] if found.ece_low is None else [_CAUTION]
    return Table("Confidence", ["measure", "value"], lines, " ".join([note, *caution]))


def _told(shares: tuple[float, float]) -> str:
    return f"{shares[0]:.0%} to {shares[1]:.0%}"


_CAUTION = (
    f"The interval of the ECE is too narrow: in trials, {LEVEL:.0%} intervals held the truth for "
    f"{_told(COVERAGE_CALIBRATED)} of perfectly calibrated routers, and ended above 0 for the others; for "
    f"{_told(COVERAGE_OFF)} of routers that were off by 0.03 to 0.1. Whether the calibration may be perfect, "
    "its p says better."
)


def abstention_table(results: Results) -> Table:
    """Return where the system fell back to dense, and what that brought."""
    found = results.routing.fallback
    groups = [*found.by_weather.items(), *found.by_severity.items()]  # a weather may be called "heavy"
    return Table(
        title="Abstentions",
        header=["images", "number", "abstained", "gain"],
        rows=[
            [name, str(part.images), f"{part.abstained:.1%}", f"{part.gain:+.3f} dB"] for name, part in groups
        ],
        note="Gain is what falling back to dense changed, mean PSNR over all images of the line.",
    )
