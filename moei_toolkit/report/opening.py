"""What a report begins with: one sentence and a few numbers."""

from __future__ import annotations

from collections import Counter

from moei_toolkit.evaluation.results import Results, comparison_of
from moei_toolkit.evaluation.statistics.comparisons import MACRO, Comparison
from moei_toolkit.report.blocks.headline import BigNumber, Headline
from moei_toolkit.report.findings import Findings
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, INPUT, ORACLE


def headline_of(found: Findings) -> Headline:
    """Return the one sentence and the few numbers that a report begins with."""
    results = found.results
    counted = ", ".join(f"{count} {name}" for name, count in results.quality.images.items())
    verdicts = Counter(objective.verdict for objective in results.objectives)
    choices = [
        BigNumber(f"{results.routing.agreement:.1%}", "", "of the router's choices are the oracle's"),
        BigNumber(f"{results.calibration.ece:.3f}", "", "expected calibration error"),
    ]
    return Headline(
        title=found.title,
        finding=_finding(results),
        numbers=[
            *_gain_over(found, DENSE, "MoE-I over dense"),
            *_gain_over(found, DENSE_EQUAL, f"MoE-I over dense-equal ({_cost(found)})"),
            *(choices if len(results.experts) > 1 else []),
            BigNumber(
                f"{verdicts['pass']} of {len(results.objectives)}",
                "",
                f"objectives reached; {verdicts['fail']} failed, {verdicts['not measured']} not measured",
            ),
        ],
        note=f"Test images: {counted}. Data: {', '.join(found.decisions.datasets)}. {found.subject}".rstrip(),
    )


def _finding(results: Results) -> str:
    psnr = {policy: f"{means['psnr']:.2f} dB" for policy, means in results.quality.macro.items()}
    mean = "macro PSNR" if len(results.quality.weathers) > 1 else "PSNR (one weather)"
    reached = (
        f"restores {psnr[INPUT]} to {psnr[ACTUAL]} {mean}; the dense backbone alone reaches {psnr[DENSE]}"
    )
    if len(results.experts) == 1:
        return f"The one expert there is {reached}."
    return f"Choosing one expert per image {reached}, the expert of least loss on each image {psnr[ORACLE]}."


def _cost(found: Findings) -> str:
    """Return how the operations of MoE-I compare with those of dense-equal; guides add some."""
    if DENSE_EQUAL not in found.gflops:
        return ""
    more = f"{found.gflops[ACTUAL] / found.gflops[DENSE_EQUAL] - 1:+.1%}"
    return "equal cost" if more in ("+0.0%", "-0.0%") else f"{more} operations"


def _gain_over(found: Findings, rival: str, caption: str) -> list[BigNumber]:
    one = comparison_of(found.results.comparisons, rival, "psnr", MACRO)
    return [] if one is None else [BigNumber(f"{one.difference:+.2f}", "dB", caption + _interval(one))]


def _interval(one: Comparison) -> str:
    if one.significance is None:
        return ""
    bca = one.significance.bca
    return f", {one.significance.level:.0%} interval {bca.low:+.2f} to {bca.high:+.2f}"
