"""Equal budgets: what MoE-I is compared with, and how nearly each costs the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from moei_toolkit.bench.cost import MAX_NOISE, NoisyError, Ratio, compare
from moei_toolkit.bench.matching import TOLERANCE, match_width, require_tolerance
from moei_toolkit.bench.race import Plan, measure
from moei_toolkit.bench.subject import Model, Size, Subject
from moei_toolkit.config.loader import validate_config
from moei_toolkit.inference.building import backbone_option
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, TOP2


@dataclass(frozen=True)
class Pair:
    """MoE-I and one rival.

    Attributes:
        rival: Its name.
        budget: What it is meant to have equal with MoE-I, of ``"latency"`` and ``"memory"``; nothing where
            its costs are simply what they are.
        ratio: Its costs over those of MoE-I.
        equal: Whether the costs of the budget lie within the tolerance; None without a budget, or when the
            latencies are too noisy to tell.
        width: Of the rival's backbone; None when it is the model's own.
        tried: Widths that were measured to find it, and the cost of each over that of MoE-I.
    """

    rival: str
    budget: tuple[str, ...]
    ratio: Ratio
    equal: bool | None
    width: int | None = None
    tried: Mapping[int, float] = field(default_factory=dict)


def pair_budgets(
    model: Model,
    size: Size,
    plan: Plan,
    log: Reporter,
    tolerance: float = TOLERANCE,
    option: str = "width",
    max_noise: float = MAX_NOISE,
) -> list[Pair]:
    """Measure MoE-I against dense-aio, dense-equal, Top-2, and dense models as wide as its cost allows.

    Args:
        model: A run with its rivals.
        size: Of the image.
        plan: How often each pair is measured.
        log: Told how far it is.
        tolerance: How far from 1 a ratio may lie for two costs to be equal.
        option: What the backbone calls its width.
        max_noise: From which on two latencies are not compared. A width that is measured with more is
            measured once more; if that is as noisy, no width of that latency is told.

    Raises:
        BenchError: If a measurement failed, or the tolerance is not in [0, 1).
        ConfigError: If the backbone has no such option.
    """
    config = validate_config(dict(model.config), "the measured run")
    start = backbone_option(config, option)
    require_tolerance(tolerance)
    own = [DENSE, *([DENSE_EQUAL] if "dense_equal" in model.folders else [])]
    own += [TOP2] if len(config.experts) > 1 else []
    subjects = [Subject(policy, policy) for policy in (ACTUAL, *own)]
    found = measure(model, subjects, size, plan, log)
    pairs = []
    for policy in own:
        ratio = compare(found, policy, ACTUAL)
        budget: tuple[str, ...] = ("latency", "memory") if policy == DENSE_EQUAL else ()
        pairs.append(Pair(policy, budget, ratio, _is_equal(ratio, budget, tolerance, max_noise)))
    ratios: dict[int, Ratio] = {}

    def measured_at(width: int) -> Ratio:
        log.info(f"a dense model of {option} {width}")
        wider = Subject(f"dense, {option} {width}", backbone={option: width})
        both = measure(model, [Subject(ACTUAL, ACTUAL), wider], size, plan, log)
        return compare(both, wider.name, ACTUAL)

    def cost_at(wanted: str, width: int) -> float:
        if width not in ratios:
            ratios[width] = measured_at(width)
        if wanted == "memory":
            return ratios[width].memory
        if ratios[width].noise > max_noise:
            log.info("too noisy; once more")
            ratios[width] = measured_at(width)
        return ratios[width].require_quiet(max_noise).latency

    for wanted in ("latency", "memory"):
        try:
            match = match_width(partial(cost_at, wanted), start, 2 * start, tolerance)
        except NoisyError as error:
            log.info(str(error))
            *_, last = ratios.values()
            pairs.append(Pair(f"dense, {option} unknown", (wanted,), last, None))
            continue
        ratio = ratios[match.width]
        name = f"dense, {option} {match.width}"
        equal = _is_equal(ratio, (wanted,), tolerance, max_noise)
        pairs.append(Pair(name, (wanted,), ratio, equal, match.width, match.tried))
    return pairs


def _is_equal(ratio: Ratio, budget: tuple[str, ...], tolerance: float, max_noise: float) -> bool | None:
    if not budget or ("latency" in budget and ratio.noise > max_noise):
        return None
    costs = {"latency": ratio.latency, "memory": ratio.memory}
    return all(abs(costs[name] - 1) <= tolerance for name in budget)
