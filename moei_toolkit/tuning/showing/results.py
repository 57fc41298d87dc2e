"""The results of a search: all numbers of its tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from moei_toolkit.config.search_space import REFERENCE, Choices
from moei_toolkit.errors import MoeiError
from moei_toolkit.evaluation.statistics.comparisons import Comparison
from moei_toolkit.io.text import shown
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.planning.search import MODES, Search
from moei_toolkit.tuning.running.outcome import Outcome
from moei_toolkit.tuning.showing.judging import Finding, Judged, compare_with_first, judge_trial, main_effects
from moei_toolkit.types import ACTUAL


@dataclass(frozen=True)
class Results:
    """What a search has found.

    Attributes:
        search: What was searched.
        findings: Of every variant that was judged, in order; the first one is the config as it is.
        levels: Factor -> value, such as ``"beta 50"`` -> the mean over its variants against that over all;
            empty for a list.
        failed: Name of a variant -> why there is no result of it.
        outcome: What was computed.
        candidates: Those that say how images are restored, on the same test images, with no misrouting of
            their own: what can be chosen.
        best: The one of them that is best in the metric.
    """

    search: Search
    findings: Sequence[Finding]
    levels: Mapping[str, Mapping[str, Comparison]]
    failed: Mapping[str, str]
    outcome: Outcome
    candidates: Sequence[Finding]
    best: Finding

    def coordinates(self, finding: Finding) -> dict[str, Any]:
        """Return where a variant lies: factor -> its value, as it is where it changes nothing."""
        here = self.search.coordinates(finding.judged.trial.variant)
        return {factor: here.get(factor, REFERENCE) for factor in self.search.axes}


def derive_results(search: Search, outcome: Outcome, store: StageStore) -> Results:
    """Judge what is finished, and compare it with the config as it is.

    Args:
        search: What was searched.
        outcome: What became of it.
        store: Where the results are.

    Raises:
        MoeiError: The config as it is was not finished, or cannot be judged.
    """
    failed = dict(outcome.failed)
    judged = []
    for trial in outcome.done:
        try:
            judged.append(judge_trial(trial, store))
        except MoeiError as error:
            failed[trial.name] = str(error)
    if not judged or judged[0].name != REFERENCE:
        raise MoeiError(f"there is nothing to compare with, the config as it is failed: {failed[REFERENCE]}")
    findings = compare_with_first(judged, search.config.seed)
    if search.metric not in judged[0].scores:
        known = ", ".join(name for name in MODES if name in judged[0].scores)
        raise MoeiError(f"the config has no metric for {search.metric}. Choose another --metric: {known}.")
    sign = 1 if MODES[search.metric] == "max" else -1
    candidates = [one for one in findings if _can_be_chosen(one.judged, judged[0])]
    best = max(candidates, key=lambda one: sign * one.judged.scores[search.metric])
    return Results(search, findings, _levels(search, judged), failed, outcome, candidates, best)


def as_json(results: Results) -> dict[str, Any]:
    """Return all of it as plain data, for JSON."""
    search = results.search
    return {
        "space": search.space.name,
        "about": search.space.about,
        "metric": search.metric,
        "reference": REFERENCE,
        "best": results.best.judged.name,
        "variants": [_plain(results, finding) for finding in results.findings],
        "levels": {level: asdict(one) for values in results.levels.values() for level, one in values.items()},
        "failed": dict(results.failed),
        "factors": {variant.name: variant.factor for variant in search.variants()},
        "stopped": list(results.outcome.stopped),
        "economics": {**asdict(results.outcome.economics), "shared": results.outcome.economics.shared},
    }


def _plain(results: Results, finding: Finding) -> dict[str, Any]:
    judged = finding.judged
    variant = judged.trial.variant
    return {
        "name": variant.name,
        "factor": variant.factor,
        "overrides": dict(variant.overrides),
        "policy": variant.policy,
        "coordinates": results.coordinates(finding),
        "scores": dict(judged.scores),
        "difference": finding.difference,
        "comparison": None if finding.comparison is None else asdict(finding.comparison),
        "threshold": judged.threshold,
        "added_parameters": judged.added,
        "objectives": dict(judged.verdicts),
        "changed_objectives": {name: list(pair) for name, pair in finding.changed.items()},
        "stages": {one.name: one.fingerprint for one in judged.trial.plan},
    }


def _can_be_chosen(one: Judged, first: Judged) -> bool:
    """Tell whether a variant is a way to restore images; others show what something is worth."""
    misrouted = [judged.trial.config.evaluate.misrouted for judged in (one, first)]
    return one.trial.variant.policy == ACTUAL and one.data == first.data and len(set(misrouted)) == 1


def _levels(search: Search, judged: Sequence[Judged]) -> dict[str, dict[str, Comparison]]:
    """Return the main effect of every value of the factors that have a few."""
    alike = [one for one in judged if one.data == judged[0].data]
    levels: dict[str, dict[str, list[str]]] = {}
    for name, factor in search.space.factors.items():
        for one in alike if isinstance(factor, Choices) else ():
            value = search.coordinates(one.trial.variant)[name]
            levels.setdefault(name, {}).setdefault(f"{name} {shown(value)}", []).append(one.name)
    if not levels:
        return {}
    found = main_effects(
        alike, {k: v for values in levels.values() for k, v in values.items()}, search.config.seed
    )
    return {name: {level: found[level] for level in values} for name, values in levels.items()}
