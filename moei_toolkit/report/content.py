"""What a report says, in order: from what came out of a run to the blocks of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from moei_toolkit.evaluation.quality import macro_label
from moei_toolkit.evaluation.reliability.selective import coverage_curve, system_curve
from moei_toolkit.evaluation.severity import STRATA, Stratum
from moei_toolkit.evaluation.statistics.comparisons import MACRO, Comparison
from moei_toolkit.report.blocks.block import Block
from moei_toolkit.report.blocks.details import Details
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.blocks.layout import Grid, Section
from moei_toolkit.report.blocks.objectives import ObjectiveCards
from moei_toolkit.report.blocks.slider import Slider
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.figures.coverage import coverage_curves
from moei_toolkit.report.figures.differences import quality_differences
from moei_toolkit.report.figures.estimates import Estimate
from moei_toolkit.report.figures.pareto import pareto
from moei_toolkit.report.figures.provenance import provenance
from moei_toolkit.report.figures.quality import quality_by_weather
from moei_toolkit.report.figures.reliability import reliability_diagram
from moei_toolkit.report.figures.severity import severity_curves
from moei_toolkit.report.figures.training import training_curves
from moei_toolkit.report.figures.utilization import utilization_histogram
from moei_toolkit.report.findings import Findings, Origin
from moei_toolkit.report.tables.comparisons import comparison_table
from moei_toolkit.report.tables.costs import cost_tables
from moei_toolkit.report.tables.decisions import abstention_table, reliability_table, routing_table
from moei_toolkit.report.tables.objectives import objectives_table
from moei_toolkit.report.tables.quality import quality_table, severity_table, specialist_table, title_of
from moei_toolkit.report.tables.shift import shift_tables
from moei_toolkit.report.tables.studies import study_tables
from moei_toolkit.report.tables.table import Table, name_of
from moei_toolkit.types import DENSE, DENSE_EQUAL


def tables_of(found: Findings) -> list[Table]:
    """Return every table of a report, in order; on the page the first one is a block of its own."""
    return [
        objectives_table(found.results.objectives),
        *_shift_tables(found),
        *_quality_tables(found),
        *_comparison_tables(found),
        *cost_tables(found.costs),
        routing_table(found.results),
        reliability_table(found.results, found.threshold),
        abstention_table(found.results),
        severity_table(found.results.severity),
        specialist_table(found.results.quality),
        *study_tables(found.studies),
    ]


def sections_of(found: Findings, origin: Origin, sliders: Mapping[str, Sequence[Slider]]) -> list[Section]:
    """Return the sections of a report.

    Args:
        found: What came out.
        origin: Where it came from.
        sliders: Weather -> images to look at.
    """
    results = found.results
    return [
        Section("Objectives", [ObjectiveCards(results.objectives)]),
        *_other_data(found),
        Section("Quality", _quality(found)),
        Section("Equal budgets", _equal_budgets(found)),
        *_cost(found),
        Section("Pictures", [Grid(images, weather) for weather, images in sliders.items()], _PICTURES),
        Section("Routing", _routing(found)),
        Section("Confidence", _confidence(found)),
        Section("Severity", [_severity(results.severity), SortableTable(severity_table(results.severity))]),
        *_studies(found),
        Section("Training", [training_curves(origin.histories)]),
        Section(
            "Origin",
            [
                provenance(origin.stages),
                Details("Configuration", origin.config),
                Details("Environment", origin.environment),
            ],
        ),
    ]


_PICTURES = "The best, the median and the worst image of each weather, by the gain of MoE-I over dense."
_BESIDE = "Do the findings hold when one thing is changed, on other data, and when all of it is done again?"
_OTHER_DATA = (
    "These data are not the run's own. Do the policies keep their order here, and where they do not, would "
    "calibrating again help?"
)


def _other_data(found: Findings) -> list[Section]:
    tables = _shift_tables(found)
    return [Section("On other data", [*map(SortableTable, tables)], _OTHER_DATA)] if tables else []


def _studies(found: Findings) -> list[Section]:
    tables = study_tables(found.studies)
    return [Section("Beside the run", [*map(SortableTable, tables)], _BESIDE)] if tables else []


def _shift_tables(found: Findings) -> list[Table]:
    shift = found.results.shift
    return [] if shift is None else shift_tables(shift, found.threshold)


def _quality_tables(found: Findings) -> list[Table]:
    quality = found.results.quality
    computed = [
        quality_table(quality, metric, found.policies, found.protocols[metric], higher)
        for metric, higher in found.directions.items()
    ]
    absent = [
        Table(title_of(metric), ["metric", "value"], [[metric, "not computed"]], reason)
        for metric, reason in found.not_computed.items()
    ]
    return [*computed, *absent]


def _comparison_tables(found: Findings) -> list[Table]:
    digits = {metric: 2 if metric.startswith("psnr") else 4 for metric in found.directions}
    first, *others = (
        comparison_table(found.results.comparisons, metric, digits[metric]) for metric in found.directions
    )
    # What there is to know of them is the same.
    return [first, *(replace(table, note="As above.") for table in others)]


def _quality(found: Findings) -> list[Block]:
    quality = found.results.quality
    lines = {**quality.weathers, macro_label(len(quality.weathers)): quality.macro}
    estimates = {
        weather: {name_of(policy): Estimate(line[policy]["psnr"]) for policy in found.policies}
        for weather, line in lines.items()
    }
    tables = [SortableTable(table) for table in (*_quality_tables(found), specialist_table(quality))]
    return [quality_by_weather(estimates), *tables]


def _equal_budgets(found: Findings) -> list[Block]:
    psnr = [one for one in found.results.comparisons if one.metric == "psnr"]
    macro = found.results.quality.macro
    points = [(name_of(policy), found.gflops[policy], macro[policy]["psnr"]) for policy in found.policies]
    return [
        quality_differences(
            "Quality at equal budgets",
            _differences([one for one in psnr if one.second == DENSE_EQUAL]),
            "Not measured: there is nothing to compare with at the same cost.",
        ),
        quality_differences(
            "Other rivals",
            _differences([one for one in psnr if one.second != DENSE_EQUAL]),
            "Not measured: there are no other rivals.",
        ),
        *(SortableTable(table) for table in _comparison_tables(found)),
        pareto(points, "GFLOPs per test image, describing and restoring", _macro_psnr(found)),
    ]


def _cost(found: Findings) -> list[Section]:
    tables = [SortableTable(table) for table in cost_tables(found.costs)]
    if found.costs is None:
        return []
    macro = found.results.quality.macro
    points = [
        (name_of(policy), cost["ms_per_mp"], macro[policy]["psnr"])
        for policy, cost in found.costs.policies.items()
    ]
    measured = f"ms/MP at {found.costs.image}"
    drawn = pareto(points, measured, _macro_psnr(found), title="Quality against measured cost")
    return [Section("Cost", [*tables, drawn])]


def _macro_psnr(found: Findings) -> str:
    return f"{macro_label(len(found.results.quality.weathers))} PSNR, dB"


def _differences(comparisons: Sequence[Comparison]) -> dict[str, dict[str, Estimate | None]]:
    macro = macro_label(len({one.weather for one in comparisons} - {MACRO}))
    found: dict[str, dict[str, Estimate | None]] = {}
    for one in comparisons:
        ends = (one.significance.bca.low, one.significance.bca.high) if one.significance else ()
        weather = macro if one.weather == MACRO else one.weather
        found.setdefault(f"over {name_of(one.second)}", {})[weather] = Estimate(one.difference, *ends)
    return found


def _routing(found: Findings) -> list[Block]:
    decisions = found.decisions
    names = np.array(decisions.experts)
    oracle = _counts(decisions.weathers, names[decisions.oracle])
    taken = _counts(decisions.weathers, np.where(decisions.abstained, DENSE, names[decisions.chosen]))
    return [utilization_histogram(oracle, taken), SortableTable(routing_table(found.results))]


def _counts(weathers: np.ndarray, routes: np.ndarray) -> dict[str, dict[str, int]]:
    return {
        weather: dict(Counter(routes[weathers == weather].tolist()))
        for weather in sorted(set(weathers.tolist()))
    }


def _confidence(found: Findings) -> list[Block]:
    decisions, results = found.decisions, found.results
    by_mistakes = coverage_curve(decisions.trust, ~decisions.right)
    system = system_curve(decisions.trust, decisions.routed, decisions.dense)
    return [
        reliability_diagram(results.calibration.bins),
        coverage_curves(
            by_mistakes.threshold,
            by_mistakes.coverage,
            1 - by_mistakes.risk,
            system.quality[1:],
            float(decisions.dense.mean()),
            1 - results.routing.fallback.overall.abstained,
        ),
        SortableTable(reliability_table(results, found.threshold)),
        SortableTable(abstention_table(results)),
    ]


def _severity(strata: Sequence[Stratum]) -> Figure:
    found = {(part.weather, part.name): part for part in strata}
    weathers = sorted({part.weather for part in strata})
    policies = list(strata[0].quality)
    curves = {
        weather: {
            name_of(policy): [
                found[weather, name].quality[policy] if (weather, name) in found else None for name in STRATA
            ]
            for policy in policies
        }
        for weather in weathers
    }
    counts = {
        weather: [found[weather, name].images if (weather, name) in found else 0 for name in STRATA]
        for weather in weathers
    }
    return severity_curves(curves, counts, list(STRATA))
