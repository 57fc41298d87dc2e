"""What a cost.json says of MoE-I and of dense."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.costs import costs_from


def cost(subject: str, latency: float, drift: float) -> dict[str, Any]:
    return {
        "subject": subject,
        "latency_ms": {"median": latency, "iqr": 1.0, "p90": latency + 1},
        "ms_per_mp": latency / 8,
        "peak_memory_gb": 0.5,
        "images_per_second": 1e3 / latency,
        "drift": {"latency": drift, "ms_per_mp": drift, "peak_memory": 0.01, "throughput": drift / 2},
    }


MEASURED = {
    "schema": 1,
    "quick": True,
    "plan": {"warm_ups": 1, "runs": 5, "blocks": 3},
    "image": {"width": 3840, "height": 2160},
    "costs": [cost("dense", 4000, 0.02), cost("actual", 4100, 0.04)],
    "ratios": [{"first": "actual", "second": "dense", "latency": 1.025, "noise": 0.01, "memory": 1.002}],
}


def test_what_it_says():
    found = costs_from(MEASURED, max_noise=0.05)
    assert found.image == "3840x2160"
    assert found.quick
    assert found.policies["actual"] == {
        "latency_ms": 4100,
        "ms_per_mp": 512.5,
        "peak_memory_gb": 0.5,
        "images_per_second": 1e3 / 4100,
    }
    assert found.drift == {"latency": 0.04, "ms_per_mp": 0.04, "peak_memory": 0.01, "throughput": 0.02}
    assert found.latency_over_dense == pytest.approx(0.025)
    assert found.memory_over_dense == pytest.approx(0.002)
    assert (found.noise, found.max_noise) == (0.01, 0.05)


def test_one_block_tells_nothing_of_the_drift():
    once = {**MEASURED, "plan": {"warm_ups": 1, "runs": 5, "blocks": 1}}
    assert costs_from(once, 0.05).drift == {}


@pytest.mark.parametrize("schema", [None, 2, "1"])
def test_another_schema_is_refused(schema: object):
    with pytest.raises(DataError, match=f"expected schema 1, got {schema!r}"):
        costs_from({**MEASURED, "schema": schema}, 0.05)


@pytest.mark.parametrize("gone", ["image", "costs", "ratios", "quick", "plan"])
def test_what_is_missing_is_named(gone: str):
    lacking = {name: value for name, value in MEASURED.items() if name != gone}
    with pytest.raises(DataError, match=f"lacks '{gone}'.*--from bench"):
        costs_from(lacking, 0.05)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, "0.1", None, True, 10**400])
@pytest.mark.parametrize(
    "place",
    [
        ("ratios", 0, "latency"),
        ("ratios", 0, "noise"),
        ("ratios", 0, "memory"),
        ("costs", 1, "drift", "throughput"),
        ("costs", 0, "latency_ms", "median"),
        ("costs", 0, "ms_per_mp"),
        ("plan", "blocks"),
    ],
)
def test_what_is_no_finite_number_is_not_read(place: tuple[Any, ...], wrong: object):
    spoilt: Any = copy.deepcopy(MEASURED)
    inner = spoilt
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = wrong
    with pytest.raises(DataError, match=f"expected {place[-1]} to be a finite number, got .*--from bench"):
        costs_from(spoilt, 0.05)


def test_a_ratio_of_something_else_is_no_ratio():
    other = copy.deepcopy(MEASURED)
    other["ratios"][0]["first"] = "top2"
    with pytest.raises(DataError, match="lacks a ratio of 'actual'"):
        costs_from(other, 0.05)
