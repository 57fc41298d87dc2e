"""The tables of a search."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from moei_toolkit.config.search_space import REFERENCE
from moei_toolkit.evaluation.statistics.comparisons import Comparison
from moei_toolkit.io.text import shown
from moei_toolkit.report.tables.comparisons import caution_of
from moei_toolkit.report.tables.table import Table, name_of
from moei_toolkit.tuning.planning.plan import clock
from moei_toolkit.tuning.showing.judging import Finding
from moei_toolkit.tuning.showing.results import Results
from moei_toolkit.types import ACTUAL

_HOW = (
    "Differences of macro PSNR against the config as it is, in dB: paired bootstrap over scenes (BCa). "
    "Better and worse are findings whose interval excludes zero and whose t-test agrees; they are not "
    "corrected for how many there are. Added parameters are those of what the backbone wears, as a share of "
    "its own. Objectives are those of O4 to O8 with another verdict than as it is; O7 is not measured here. "
    "All of it is on the test images: the best of many is a little worse on others."
)


def variants_table(results: Results) -> Table:
    """Return a line for every variant that was judged."""
    told_by_name = bool(results.search.space.factors)
    return Table(
        title="Variants",
        header=[
            "variant",
            "PSNR",
            "difference",
            "interval",
            "finding",
            *([] if told_by_name else ["factor"]),
            "policy",
            "agreement",
            "ECE",
            "abstained",
            "oracle gap",
            "tau",
            "GFLOPs",
            "added parameters",
            "objectives",
        ],
        rows=[_variant(finding, told_by_name) for finding in results.findings],
        note=" ".join([_HOW, *caution_of([one.comparison for one in results.findings if one.comparison])]),
    )


def levels_table(levels: Mapping[str, Mapping[str, Comparison]]) -> Table:
    """Return a line for every value of a factor."""
    return Table(
        title="Values of the factors",
        header=["value", "difference", "interval", "finding"],
        rows=[[level, *_certainty(one)] for values in levels.values() for level, one in values.items()],
        note="The mean macro PSNR of all variants with a value, against that of all variants, in dB.",
    )


def economics_table(results: Results) -> Table:
    """Return what was computed, and what that saved."""
    found = results.outcome.economics
    computed = "; ".join(f"{name} {count}" for name, count in found.computed.items()) or "nothing"
    return Table(
        title="What was computed",
        header=["of the stages", "number"],
        rows=[
            ["asked for by all variants", str(found.asked)],
            ["different", str(found.distinct)],
            ["there before", str(found.there)],
            ["computed", str(sum(found.computed.values()))],
            ["shared by several variants", str(found.shared)],
        ],
        note=(
            f"Computed: {computed}. That took {clock(found.seconds)}; every variant on its own would have "
            f"taken {clock(found.seconds_asked)}, by the same times of the stages."
        ),
    )


def failures_table(results: Results) -> Table | None:
    """Return why there is no result of a variant; None if there is one of all."""
    reasons = {
        **results.failed,
        **dict.fromkeys(results.outcome.stopped, "given up early: others were better"),
    }
    rows = [[name, reason] for name, reason in reasons.items()]
    return Table("Without a result", ["variant", "reason"], rows, "") if rows else None


def variants_csv(results: Results) -> str:
    """Return a line for every variant that was judged, with all it reached, not rounded."""
    scores = list(dict.fromkeys(name for one in results.findings for name in one.judged.scores))
    axes = results.search.axes
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    compared = ["difference", "low", "high", "finding"]
    others = ["threshold", "added_parameters", "changed_objectives"]
    writer.writerow(["variant", "factor", "policy", *axes, *scores, *compared, *others])
    for one in results.findings:
        variant, where = one.judged.trial.variant, results.coordinates(one)
        sure = one.comparison.significance if one.comparison else None
        writer.writerow(
            [variant.name, variant.factor, variant.policy, *(where[axis] for axis in axes)]
            + [one.judged.scores.get(name, "") for name in scores]
            + ["" if one.difference is None else one.difference]
            + ([sure.bca.low, sure.bca.high] if sure else ["", ""])
            + [one.comparison.finding if one.comparison else ""]
            + [one.judged.threshold, one.judged.added, _changes(one)]
        )
    return text.getvalue()


def _variant(finding: Finding, told_by_name: bool) -> list[str]:
    judged, variant = finding.judged, finding.judged.trial.variant
    scores = judged.scores
    return [
        variant.name,
        f"{scores['macro_psnr']:.2f}",
        *_difference(finding),
        *([] if told_by_name else ["-" if variant.name == REFERENCE else variant.factor]),
        name_of(variant.policy),
        *(f"{scores[name]:{form}}" if name in scores else "-" for name, form in _DECISIONS.items()),
        f"{scores['oracle_gap']:.2f}",
        shown(judged.threshold) if variant.policy == ACTUAL else "-",
        f"{scores['gflops']:.2f}",
        f"{judged.added:.1%}",
        _changes(finding) or "-",
    ]


_DECISIONS = {"agreement": ".1%", "ece": ".3f", "abstained": ".1%"}


def _difference(finding: Finding) -> list[str]:
    if finding.difference is None:
        return ["-", "-", "-"]
    if finding.comparison is None:
        return [f"{finding.difference:+.3f}", "-", "open: tested on other images"]
    return _certainty(finding.comparison)


def _certainty(one: Comparison) -> list[str]:
    difference = f"{one.difference:+.3f}"
    if one.significance is None:
        return [difference, "-", f"open: {one.reason}"]
    bca = one.significance.bca
    return [difference, f"{bca.low:+.3f} to {bca.high:+.3f}", one.finding]


def _changes(finding: Finding) -> str:
    return ", ".join(f"{name} {before} to {after}" for name, (before, after) in finding.changed.items())
