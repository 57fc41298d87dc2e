"""Measured costs of MoE-I and of the dense model, as the bench stage left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_file import is_number
from moei_toolkit.types import ACTUAL

SCHEMA = 1


@dataclass(frozen=True)
class MeasuredCosts:
    """What restoring costs.

    Attributes:
        image: Size, in words.
        quick: Whether fewer runs were made than the protocol of the research plan asks for.
        policies: Policy -> cost -> value; see `LINES`.
        drift: Cost -> largest drift of any policy between blocks, as a share; empty if measured once.
        latency_over_dense: Of MoE-I, as a share: 0.02 is 2% slower. That of ms/MP is the same.
        memory_over_dense: Of MoE-I, as a share.
        noise: IQR over median of the ratio of latencies.
        max_noise: From which on the ratio is no result.
    """

    image: str
    quick: bool
    policies: Mapping[str, Mapping[str, float]]
    drift: Mapping[str, float]
    latency_over_dense: float
    memory_over_dense: float
    noise: float
    max_noise: float


LINES = {
    "latency_ms": "latency, ms",
    "ms_per_mp": "ms/MP",
    "peak_memory_gb": "peak memory, GB",
    "images_per_second": "images/s",
}
"""The costs in a table, and what they are called there."""
DRIFTS = ("latency", "ms_per_mp", "peak_memory", "throughput")
"""As `LINES`, by the names of their drifts."""


def costs_from(value: Mapping[str, Any], max_noise: float) -> MeasuredCosts:
    """Return the costs in the content of a ``cost.json``.

    Raises:
        DataError: If it is of another schema, lacks something, or has no finite number where one belongs.
    """
    if value.get("schema") != SCHEMA:
        raise DataError(f"cost.json: expected schema {SCHEMA}, got {value.get('schema')!r}")
    try:
        ratio = _ratio_of(value["ratios"])
        drifts = [cost["drift"] for cost in value["costs"]]
        several = _number(value["plan"], "blocks") > 1
        return MeasuredCosts(
            image=f"{value['image']['width']}x{value['image']['height']}",
            quick=value["quick"],
            policies={cost["subject"]: _line(cost) for cost in value["costs"]},
            drift={name: max(_number(drift, name) for drift in drifts) for name in DRIFTS if several},
            latency_over_dense=_number(ratio, "latency") - 1,
            memory_over_dense=_number(ratio, "memory") - 1,
            noise=_number(ratio, "noise"),
            max_noise=max_noise,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"cost.json: lacks {error}; run tools/train.py --from bench") from error


def _ratio_of(ratios: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    for one in ratios:
        if one["first"] == ACTUAL:
            return one
    raise DataError(f"cost.json: lacks a ratio of {ACTUAL!r}; run tools/train.py --from bench")


def _line(cost: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: _number(cost[name], "median") if name == "latency_ms" else _number(cost, name) for name in LINES
    }


def _number(values: Mapping[str, Any], name: str) -> float:
    value = values[name]
    if not is_number(value):
        raise DataError(
            f"cost.json: expected {name} to be a finite number, got {value!r:.80}; "
            "run tools/train.py --from bench"
        )
    return float(value)
