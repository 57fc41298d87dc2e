"""Equal budgets: what MoE-I is compared with, and how nearly each costs the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from moei_toolkit.bench.budgets.matching import TOLERANCE, require_tolerance
from moei_toolkit.bench.budgets.widths import WidthSearch
from moei_toolkit.bench.cost import MAX_NOISE, SHARED_COSTS, Ratio, SharedCost, compare
from moei_toolkit.bench.measuring.race import Measurements
from moei_toolkit.bench.measuring.subject import Subject
from moei_toolkit.inference.loading.building import backbone_option
from moei_toolkit.inference.loading.parts import Parts
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, TOP2


@dataclass(frozen=True)
class Pair:
    """MoE-I and one rival.

    Attributes:
        rival: Its name.
        budget: What it is meant to have equal with MoE-I; nothing where its costs are simply what they are.
        ratio: Its costs over those of MoE-I.
        equal: Whether the costs of the budget lie within the tolerance; None without a budget, or when the
            latencies are too noisy to tell.
        width: Of the rival's backbone; None when it is the model's own.
        tried: Widths that were measured to find it, and the cost of each over that of MoE-I.
    """

    rival: str
    budget: Sequence[SharedCost]
    ratio: Ratio
    equal: bool | None
    width: int | None = None
    tried: Mapping[int, float] = field(default_factory=dict)


Race = Callable[[Sequence[Subject]], Measurements]
"""Measures subjects in turn."""


def pair_budgets(
    parts: Parts,
    race: Race,
    log: Reporter,
    tolerance: float = TOLERANCE,
    option: str = "width",
    max_noise: float = MAX_NOISE,
) -> Iterator[Pair]:
    """Measure MoE-I against dense-aio, dense-equal, Top-2, and dense models as wide as its cost allows.

    Args:
        parts: Of the model, whose rivals are those it has.
        race: Measures.
        log: Told how far it is.
        tolerance: How far from 1 a ratio may lie for two costs to be equal.
        option: What the backbone calls its width.
        max_noise: From which on two latencies are not compared. A width that is measured with more is
            measured once more; if that is as noisy, no width of that latency is told.

    Yields:
        The pairs, each as soon as it is measured.

    Raises:
        BenchError: If a measurement failed, or the tolerance is not in [0, 1).
        ConfigError: If the backbone has no such option.
    """
    start = backbone_option(parts.architecture, option)
    require_tolerance(tolerance)
    moei, rivals = Subject(ACTUAL, ACTUAL), _rivals(parts)
    found = race([moei, *(Subject(policy, policy) for policy in rivals)])
    for policy in rivals:
        ratio = compare(found, policy, ACTUAL)
        budget = SHARED_COSTS if policy == DENSE_EQUAL else ()
        yield Pair(policy, budget, ratio, _is_equal(ratio, budget, tolerance, max_noise))

    def over_moei(wider: Subject) -> Ratio:
        return compare(race([moei, wider]), wider.name, ACTUAL)

    search = WidthSearch(over_moei, option, max_noise, log)
    for cost in SHARED_COSTS:
        match = search.find(cost, start, 2 * start, tolerance)
        if match is None:
            *_, last = search.ratios.values()
            yield Pair(f"dense, {option} unknown", (cost,), last, None)
        else:
            ratio = search.ratios[match.width]
            equal = _is_equal(ratio, (cost,), tolerance, max_noise)
            yield Pair(ratio.first, (cost,), ratio, equal, match.width, match.tried)


def _rivals(parts: Parts) -> list[str]:
    """Return the policies that MoE-I is compared with, as far as the model has them."""
    known = {DENSE: True, DENSE_EQUAL: DENSE_EQUAL in parts.policies, TOP2: len(parts.experts) > 1}
    return [policy for policy, is_there in known.items() if is_there]


def _is_equal(ratio: Ratio, budget: Sequence[SharedCost], tolerance: float, max_noise: float) -> bool | None:
    if not budget or ("latency" in budget and ratio.noise > max_noise):
        return None
    return all(abs(ratio.of(cost) - 1) <= tolerance for cost in budget)
