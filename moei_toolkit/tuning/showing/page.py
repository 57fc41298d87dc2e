"""The report of a search: one page with its tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moei_toolkit.config.loader import dump_config
from moei_toolkit.config.search_space import REFERENCE, Interval
from moei_toolkit.evaluation.statistics.comparisons import Comparison
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.report.blocks.block import Block
from moei_toolkit.report.blocks.details import Details
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.blocks.headline import BigNumber, Headline
from moei_toolkit.report.blocks.layout import Section
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.figures.effects import effects
from moei_toolkit.report.figures.estimates import Estimate
from moei_toolkit.report.figures.parallel import parallel_coordinates
from moei_toolkit.report.html import render_report
from moei_toolkit.report.tables.table import Table
from moei_toolkit.tuning.showing.results import Results
from moei_toolkit.tuning.showing.tables import economics_table, failures_table, levels_table, variants_table


def tables_of(results: Results) -> list[Table]:
    """Return every table, in order."""
    failures = failures_table(results)
    return [
        variants_table(results),
        *([levels_table(results.levels)] if results.levels else []),
        economics_table(results),
        *([failures] if failures else []),
    ]


def headline_of(results: Results) -> Headline:
    """Return the one sentence and the few numbers that the page begins with."""
    best, economics = results.best, results.outcome.economics
    metric = results.search.metric
    name = "the config as it is" if best.judged.name == REFERENCE else f"{best.judged.name!r}"
    computed = sum(economics.computed.values())
    gain = best.difference
    return Headline(
        title=f"{results.search.config.report.title}: {results.search.space.name}",
        finding=(
            f"Of {len(results.candidates)} ways to restore images, {name} has the best {metric}: "
            f"{best.judged.scores[metric]:.3f} on the test images."
        ),
        numbers=[
            *([BigNumber(f"{gain:+.2f}", "dB", "macro PSNR of the best against as it is")] if gain else []),
            BigNumber(f"{len(results.findings)}", "", "variants judged"),
            *([BigNumber(f"{len(results.failed)}", "", "variants failed")] if results.failed else []),
            BigNumber(f"{computed}", "", f"stages computed, for {economics.asked} that variants asked for"),
        ],
        note=results.search.space.about,
    )


def render_search(results: Results) -> str:
    """Return the page as HTML."""
    failures = failures_table(results)
    sections = [
        Section("Variants", [SortableTable(variants_table(results)), _parallel(results)]),
        Section("Effects", _effects(results)),
        Section("Economics", [SortableTable(economics_table(results))]),
        *([Section(failures.title, [SortableTable(failures)])] if failures else []),
        Section("Origin", [Details("Configuration as it is", dump_config(results.search.config))]),
    ]
    return render_report(headline_of(results), sections, f"Made by moei_toolkit {toolkit_version()}.")


def _effects(results: Results) -> list[Block]:
    if not results.levels:
        return [effects(_by_factor(results), "the config as it is")]
    factors = {
        name: {level: _estimate(one) for level, one in values.items()}
        for name, values in results.levels.items()
    }
    return [effects(factors, "the mean over all variants"), SortableTable(levels_table(results.levels))]


def _by_factor(results: Results) -> dict[str, dict[str, Estimate | None]]:
    groups: dict[str, dict[str, Estimate | None]] = {}
    for finding in results.findings:
        variant = finding.judged.trial.variant
        if finding.difference is not None:
            known = Estimate(finding.difference)
            shown = known if finding.comparison is None else _estimate(finding.comparison)
            groups.setdefault(variant.factor, {})[variant.name] = shown
    return groups


def _estimate(one: Comparison) -> Estimate:
    ends = (one.significance.bca.low, one.significance.bca.high) if one.significance else ()
    return Estimate(one.difference, *ends)


def _parallel(results: Results) -> Figure:
    lines = [
        (finding.judged.name, results.coordinates(finding), finding.judged.scores["macro_psnr"])
        for finding in results.findings
    ]
    axes = {
        axis: _values(results, axis, [where[axis] for _, where, _ in lines]) for axis in results.search.axes
    }
    return parallel_coordinates(lines, axes, "macro PSNR, dB", results.best.judged.name)


def _values(results: Results, axis: str, seen: Sequence[Any]) -> list[Any]:
    """Return the values on an axis: as the space has them, numbers in order, then what else there is."""
    factor = results.search.space.factors.get(axis)
    known: list[Any]
    if isinstance(factor, Interval):
        known = sorted(value for value in seen if isinstance(value, int | float))
    else:
        known = list(factor.values) if factor else [REFERENCE]
    values = [value for value in [*known, *seen] if value in seen]
    return [value for at, value in enumerate(values) if value not in values[:at]]  # some have no hash
