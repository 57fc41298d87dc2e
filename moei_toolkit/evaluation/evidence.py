"""Gathers what the objectives are judged on, and says of what is not there why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from moei_toolkit.evaluation.checks import Measured, Missing
from moei_toolkit.evaluation.objectives import Certainty, Gain
from moei_toolkit.evaluation.rows import Row, by_policy
from moei_toolkit.evaluation.statistics.comparisons import MACRO, Comparison, Significance
from moei_toolkit.evaluation.statistics.multiplicity import holm
from moei_toolkit.types import ACTUAL, CLEAN, DENSE_EQUAL, EXPERT_PREFIX, most_probable

_EQUAL_BUDGETS = {"equal FLOPs, latency and memory": DENSE_EQUAL}
"""Budget -> the rival that keeps it: dense-equal is the same backbone wearing one expert of the same size."""


def gains_or_reasons(gains: Mapping[str, float], tasks: Mapping[str, str]) -> dict[str, Measured]:
    """Return the gain of every specialist, or that its weather was not tested.

    Args:
        gains: Name -> dB, of those whose weather was tested.
        tasks: Name -> its weather, of all.
    """
    return {
        name: gains.get(name, Missing(f"no images of {task} were tested")) for name, task in tasks.items()
    }


def choice_or_reason(value: float, experts: int) -> Measured:
    """Return what says how good choices were, unless one expert leaves nothing to choose."""
    return value if experts > 1 else Missing("there is one expert only")


def several_or_reason(value: Measured, scenes: int) -> Measured:
    """Return what says something of a run, unless it is of one scene, which says nothing of others."""
    return value if scenes > 1 or isinstance(value, Missing) else Missing("one scene only was tested")


def share_or_reason(largest_share: float, weathers: int, experts: int) -> Measured:
    """Return the largest share of one expert, unless one weather or one expert leaves nothing to balance."""
    if weathers < 2 <= experts:
        return Missing("one weather only was tested")
    return choice_or_reason(largest_share, experts)


def fallback_gains(rows: Sequence[Row], higher_is_better: Mapping[str, bool]) -> dict[str, float]:
    """Return what falling back to dense changed in the macro mean of every metric; above 0 is better.

    Only abstentions fall back: an image that was sent to a wrong expert on purpose has not.

    Args:
        rows: All policies of all images.
        higher_is_better: Metric -> its direction.
    """
    found = by_policy(rows)
    changes: dict[str, dict[str, list[float]]] = {metric: {} for metric in higher_is_better}
    for row in rows:
        if row.policy != ACTUAL or row.degradation == CLEAN:
            continue
        chosen = found[row.id, f"{EXPERT_PREFIX}{most_probable(row.probabilities)}"]
        for metric, higher in higher_is_better.items():
            change = (row.metrics[metric] - chosen.metrics[metric]) * (1 if higher else -1)
            changes[metric].setdefault(row.degradation, []).append(change if row.abstained else 0.0)
    return {
        metric: float(np.mean([np.mean(values) for values in by_weather.values()]))
        for metric, by_weather in changes.items()
    }


def gains_over_equal(comparisons: Sequence[Comparison]) -> dict[str, dict[str, Gain]]:
    """Return budget -> metric -> gain of MoE-I over the dense model of that budget, on all weathers.

    The p values of a metric are corrected for how many budgets there are (Holm).
    """
    macro = {
        (one.second, one.metric): one for one in comparisons if one.first == ACTUAL and one.weather == MACRO
    }
    gains: dict[str, dict[str, Gain]] = {}
    for metric in sorted({metric for _, metric in macro}):
        there = {b: macro[rival, metric] for b, rival in _EQUAL_BUDGETS.items() if (rival, metric) in macro}
        p_values = {b: one.significance.tests.p_t for b, one in there.items() if one.significance}
        adjusted = dict(zip(p_values, holm([*p_values.values()]).tolist(), strict=True)) if p_values else {}
        for budget, one in there.items():
            gains.setdefault(budget, {})[metric] = _gain(one, adjusted.get(budget))
    return gains


def _gain(one: Comparison, p: float | None) -> Gain:
    sign = 1 if one.higher_is_better else -1
    if one.significance is None or p is None:
        return Gain(sign * one.difference, Missing(one.reason or "no interval"))
    return Gain(sign * one.difference, _certainty(one.significance, sign, p))


def _certainty(found: Significance, sign: int, p: float) -> Certainty:
    low, high = sorted((sign * found.bca.low, sign * found.bca.high))
    effect = found.tests.cohens_d
    return Certainty(low, high, p, None if effect is None else sign * effect)
