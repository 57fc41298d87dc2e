"""Hand-made rows of a run with the experts "wet" (for rain) and "gray" (for haze)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moei_toolkit.config.sections.judging import Objectives
from moei_toolkit.evaluation.costs import MeasuredCosts
from moei_toolkit.evaluation.results import Facts
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.types import EXPERT_PREFIX

TASK_OF_EXPERT = {"wet": "rain", "gray": "haze"}
DIRECTIONS = {"psnr": True, "ssim": True}
FACTS = Facts(
    seed=0,
    bins=15,
    higher_is_better=DIRECTIONS,
    task_of_expert=TASK_OF_EXPERT,
    task_of_single={},
    expert_shares={"wet": 0.02, "gray": 0.02},
    threshold=0.6,
    limits=Objectives(),
)


COSTS = MeasuredCosts(
    image="3840x2160",
    quick=True,
    policies={
        "dense": {"latency_ms": 4000, "ms_per_mp": 482.2, "peak_memory_gb": 0.9, "images_per_second": 0.25},
        "actual": {
            "latency_ms": 4080,
            "ms_per_mp": 491.9,
            "peak_memory_gb": 0.91,
            "images_per_second": 0.24,
        },
    },
    drift={"latency": 0.03, "ms_per_mp": 0.03, "peak_memory": 0.0, "throughput": 0.01},
    latency_over_dense=0.02,
    memory_over_dense=0.011,
    noise=0.01,
    max_noise=0.05,
)
"""What a quick benchmark of the dense model and MoE-I measured."""


def row(name: str, degradation: str, policy: str, route: str, psnr: float, **changes: Any) -> Row:
    values = {
        "id": name,
        "dataset": "toy",
        "scene_id": name.partition("-")[0],
        "degradation": degradation,
        "severity": 0.5,
        "policy": policy,
        "route": route,
        "metrics": {"psnr": psnr, "ssim": psnr / 50},
        "cost": {"gflops": 0.0 if policy == "input" else 1.5},
        "error": 1 / psnr,
        "probabilities": {},
        "confidence": 0.0,
        "abstained": False,
        "g_hash": "0123456789abcdef",
    }
    return Row(**{**values, **changes})


def rows_of(
    name: str,
    degradation: str,
    psnr: Mapping[str, float],
    wet: float,
    abstained: bool = False,
) -> list[Row]:
    """All policies of one image.

    Args:
        name: Its id.
        degradation: Its weather.
        psnr: Of "input", "dense", "wet" and "gray".
        wet: Probability of the expert "wet"; "gray" has the rest.
        abstained: Whether the dense route was taken.
    """
    probabilities = {"wet": wet, "gray": 1 - wet}
    chosen = max(probabilities, key=lambda expert: probabilities[expert])
    route = "dense" if abstained else chosen
    best = max(("wet", "gray"), key=lambda expert: psnr[expert])
    decision = {
        "probabilities": probabilities,
        "confidence": max(wet, 1 - wet),
        "abstained": abstained,
    }
    return [
        row(name, degradation, "input", "input", psnr["input"]),
        row(name, degradation, "dense", "dense", psnr["dense"]),
        row(name, degradation, "expert.wet", "wet", psnr["wet"]),
        row(name, degradation, "expert.gray", "gray", psnr["gray"]),
        row(name, degradation, "actual", route, psnr[route], **decision),
        row(name, degradation, "oracle", best, psnr[best]),
    ]


def misrouted(name: str, expert: str) -> list[Row]:
    """Rows of the example, with one image sent to an expert on purpose."""
    rows = example()
    there = next(one for one in rows if (one.id, one.policy) == (name, f"{EXPERT_PREFIX}{expert}"))
    return [
        replace(one, route=expert, metrics=there.metrics, error=there.error, abstained=False)
        if (one.id, one.policy) == (name, "actual")
        else one
        for one in rows
    ]


def lone_rows() -> list[Row]:
    """Rows of a run whose only expert is "wet", on two images of rain."""
    rows = [
        *rows_of("one-rain-0", "rain", {"input": 20, "dense": 24, "wet": 28, "gray": 18}, wet=1.0),
        *rows_of("two-rain-0", "rain", {"input": 22, "dense": 26, "wet": 30, "gray": 20}, wet=1.0),
    ]
    return [
        replace(row, probabilities={"wet": 1.0} if row.policy == "actual" else {})
        for row in rows
        if row.policy != "expert.gray"
    ]


LONE_FACTS = replace(FACTS, task_of_expert={"wet": "rain"}, expert_shares={"wet": 0.02})
"""Of a run whose only expert is "wet"."""


def example() -> list[Row]:
    """Two images of rain, two of haze, one clean; one wrong choice, one abstention."""
    return [
        *rows_of("one-rain-0", "rain", {"input": 20, "dense": 24, "wet": 28, "gray": 18}, wet=0.9),
        *rows_of("two-rain-0", "rain", {"input": 22, "dense": 26, "wet": 30, "gray": 20}, wet=0.3),
        *rows_of("one-haze-0", "haze", {"input": 10, "dense": 16, "wet": 11, "gray": 19}, wet=0.2),
        *rows_of(
            "two-haze-0", "haze", {"input": 12, "dense": 18, "wet": 13, "gray": 21}, wet=0.45, abstained=True
        ),
        *rows_of("one", "clean", {"input": 100, "dense": 40, "wet": 37, "gray": 35}, wet=0.6),
    ]
