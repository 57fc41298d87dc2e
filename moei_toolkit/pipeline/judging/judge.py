"""Turns what is measured along the routes of an image into a row for every policy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from moei_toolkit.config.schema import Config
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.pipeline.measuring.measurement import Along, Measured
from moei_toolkit.types import ACTUAL, DENSE, EXPERT_PREFIX, INPUT, ORACLE, TOP2, Decision

Mix = Callable[[Sequence[str], Sequence[float]], Along]
"""Restores the image wearing several experts at once, given their names and weights."""


def judge(measured: Measured, decision: Decision, mix: Mix | None = None) -> list[Row]:
    """Return the rows of an image: input, dense, rivals, every expert, Top-2, actual and oracle.

    Args:
        measured: The image.
        decision: What was decided about it; its probabilities name the experts.
        mix: For Top-2, which is the one policy that restores the image anew; left out when None.
    """
    routes, both = dict(measured.routes), None
    if mix:
        names, weights = two_most_probable(decision)
        both = "+".join(names)
        routes[both] = mix(names, weights)
    g_hash = _digest(measured.g)
    return [
        _row(measured, policy, route, routes[route], decision, g_hash)
        for policy, route in _routes_of(measured, decision, both).items()
    ]


def wants_top2(config: Config) -> bool:
    """Return whether Top-2 is judged: the config wants it, and there are two experts to mix."""
    return config.evaluate.top2 and len(config.experts) > 1


def two_most_probable(decision: Decision) -> tuple[list[str], list[float]]:
    """Return the names and the probabilities of the experts that Top-2 mixes."""
    names = sorted(decision.probabilities, key=lambda name: -decision.probabilities[name])[:2]
    return names, [decision.probabilities[name] for name in names]


def _routes_of(measured: Measured, decision: Decision, both: str | None) -> dict[str, str]:
    """Return the route of every policy, in order; the oracle takes the expert of least error."""
    experts = list(decision.probabilities)
    rivals = [route for route in measured.routes if route not in (*experts, DENSE, INPUT)]
    return {
        INPUT: INPUT,
        DENSE: DENSE,
        **{name: name for name in rivals},
        **{f"{EXPERT_PREFIX}{name}": name for name in experts},
        **({TOP2: both} if both else {}),
        ACTUAL: decision.route,
        ORACLE: min(experts, key=lambda route: measured.routes[route].error),
    }


def _row(measured: Measured, policy: str, route: str, along: Along, decision: Decision, g_hash: str) -> Row:
    probabilities: Mapping[str, float] = decision.probabilities if policy == ACTUAL else {}
    return Row(
        id=measured.id,
        dataset=measured.dataset,
        scene_id=measured.scene_id,
        degradation=measured.degradation,
        severity=measured.severity,
        policy=policy,
        route=route,
        metrics=along.metrics,
        cost={"gflops": along.gflops},
        error=along.error,
        probabilities=probabilities,
        confidence=decision.confidence if policy == ACTUAL else 0.0,
        abstained=policy == ACTUAL and decision.abstained,
        g_hash=g_hash,
    )


def _digest(g: Tensor) -> str:
    return hashlib.sha256(g.numpy().tobytes()).hexdigest()[:16]
