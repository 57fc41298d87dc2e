"""Judges every policy on one image, a row each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.data.records import Record
from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.experts.mixture import Mixture
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.flops import FlopCount
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.images import to_float
from moei_toolkit.losses.base import Loss
from moei_toolkit.pipeline.stages.images import Images
from moei_toolkit.pipeline.stages.routes import Routed, error_of, restore_along_all
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, EXPERT_PREFIX, INPUT, ORACLE, TOP2, Decision


@dataclass(frozen=True)
class Shown:
    """An image to look at.

    Attributes:
        pictures: ``"input"``, ``"dense"``, ``"actual"`` and ``"clean"`` -> (H, W, 3), float32 in [0, 1].
        decision: What was decided about it.
    """

    pictures: Mapping[str, np.ndarray]
    decision: Decision


class Judge:
    """Restores an image under every policy and measures each result.

    Args:
        runtime: Backbone, experts and rivals; a route that is no expert of the decider is its own policy.
        decider: Chooses among the experts.
        losses: By degradation, what eps_k is measured with.
        metrics: What restored images are measured with.
    """

    def __init__(
        self,
        runtime: EagerRuntime,
        decider: Decider,
        losses: Mapping[str, Loss],
        metrics: Sequence[Metric],
    ) -> None:
        self._runtime = runtime
        self._decider = decider
        self._losses = losses
        self._metrics = metrics
        self._flops = FlopCount(runtime)
        self._gflops: dict[tuple[str, int, int], float] = {}

    def show(self, images: Images, record: Record) -> Shown:
        """Return the versions of an image that a person looks at, and what was decided about it."""
        degraded, clean = images.store.degraded(record), images.store.clean(record)
        g = self._runtime.describe(degraded)
        decision = self._decider.decide(g, record.id)
        pictures = {
            INPUT: to_float(degraded).transpose(1, 2, 0),
            DENSE: self._runtime.restore(degraded, DENSE, g),
            ACTUAL: self._runtime.restore(degraded, decision.route, g),
            CLEAN: to_float(clean).transpose(1, 2, 0),
        }
        return Shown(pictures, decision)

    def judge(self, images: Images, record: Record) -> list[Row]:
        """Return the rows of an image: input, every route, Top-2, actual and oracle."""
        g = self._runtime.describe(images.store.degraded(record))
        decision = self._decider.decide(g, record.id)
        best_two, mixture = self._mix(decision)
        runtime = self._runtime.wearing({best_two: mixture})
        image = restore_along_all(runtime, images, record, g, self._losses)
        untouched = error_of(self._losses[record.degradation], image.degraded, image.clean, image.degraded)
        errors = {**image.errors, INPUT: untouched}
        height, width = image.clean.shape[:2]
        measured = {
            route: self._measure(pixels, image.clean)
            for route, pixels in {**image.restored, INPUT: image.degraded}.items()
        }
        return [
            Row(
                id=record.id,
                dataset=record.dataset,
                scene_id=record.scene_id,
                degradation=record.degradation,
                severity=record.severity,
                policy=policy,
                route=route,
                metrics=measured[route],
                cost={"gflops": 0.0 if route == INPUT else self._cost(runtime, route, height, width)},
                error=errors[route],
                probabilities=decision.probabilities if policy == ACTUAL else {},
                confidence=decision.confidence if policy == ACTUAL else 0.0,
                abstained=policy == ACTUAL and decision.abstained,
                g_hash=_digest(g),
            )
            for policy, route in self._routes_of(image, decision, best_two).items()
        ]

    def _mix(self, decision: Decision) -> tuple[str, Mixture]:
        """Return the two most probable experts as one, and the name of that route."""
        ranked = sorted(decision.probabilities, key=lambda name: -decision.probabilities[name])[:2]
        experts = [self._runtime.experts[name] for name in ranked]
        return "+".join(ranked), Mixture(experts, [decision.probabilities[name] for name in ranked])

    def _routes_of(self, image: Routed, decision: Decision, best_two: str) -> dict[str, str]:
        """Return the route of every policy; the oracle takes the expert of least error."""
        experts = self._decider.experts
        rivals = [route for route in image.restored if route not in (*experts, DENSE, best_two)]
        return {
            INPUT: INPUT,
            DENSE: DENSE,
            **{name: name for name in rivals},
            **{f"{EXPERT_PREFIX}{name}": name for name in experts},
            TOP2: best_two,
            ACTUAL: decision.route,
            ORACLE: min(experts, key=lambda route: image.errors[route]),
        }

    def _measure(self, restored: np.ndarray, clean: np.ndarray) -> dict[str, float]:
        planes = restored.transpose(2, 0, 1), clean.transpose(2, 0, 1)
        return {metric.name: metric(*planes) for metric in self._metrics}

    def _cost(self, runtime: EagerRuntime, route: str, height: int, width: int) -> float:
        key = route, height, width
        if key not in self._gflops:
            self._gflops[key] = self._flops.gflops(runtime.experts[route], height, width)
        return self._gflops[key]


def _digest(g: np.ndarray) -> str:
    return hashlib.sha256(g.tobytes()).hexdigest()[:16]
