"""Costs are medians over runs, drift is between blocks, and a comparison is of neighbours in time."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from measurements import measured

from moei_toolkit.bench.cost import Spread, compare, costs_of, drift
from moei_toolkit.bench.measuring.race import Peak, Plan
from moei_toolkit.bench.record import as_csv
from moei_toolkit.errors import BenchError

FOUND = measured(
    {"slow": [[2.0, 2.2, 2.4], [2.0, 2.2, 2.4]], "fast": [[1.0, 1.0, 1.2], [1.0, 1.0, 1.2]]},
    {"slow": [3 * 10**9, 3 * 10**9], "fast": [10**9, 2 * 10**9]},
)


def test_the_four_costs_by_hand():
    slow, fast = costs_of(FOUND)
    assert slow.latency_ms.median == pytest.approx(2200)
    assert slow.latency_ms.iqr == pytest.approx(
        1e3 * np.subtract(*np.percentile([2, 2.2, 2.4] * 2, [75, 25]))
    )
    assert slow.ms_per_mp == pytest.approx(4400)
    assert slow.images_per_second == pytest.approx(1 / 2.2)
    assert slow.mp_per_second == pytest.approx(0.5 / 2.2)
    assert slow.hops_ms == pytest.approx({"describe": 220, "decide": 0, "restore": 1980})
    assert (slow.peak_memory_gb, fast.peak_memory_gb) == (3.0, 1.5)
    assert slow.loaded_memory_gb == 0.1
    assert slow.device_memory_gb is None


def test_drift_is_the_range_of_blocks_over_their_median():
    assert drift([100, 110, 105]) == pytest.approx(10 / 105)
    found = costs_of(measured({"a": [[1.0, 1.0], [1.1, 1.1], [1.2, 1.2]]}, {"a": [100, 100, 104]}))[0]
    assert found.drift["latency"] == found.drift["ms_per_mp"] == pytest.approx(0.2 / 1.1)
    assert found.drift["throughput"] == pytest.approx((1 - 1 / 1.2) / (1 / 1.1))
    assert found.drift["peak_memory"] == pytest.approx(0.04)


def test_one_block_tells_nothing_of_the_drift():
    found = costs_of(measured({"a": [[1.0, 1.0]]}, {"a": [100]}))
    assert found[0].drift is None
    header, line = as_csv(found, quick=True).splitlines()
    drifts = [name for name in header.split(",") if name.startswith("drift_")]
    assert len(drifts) == 4
    assert line.endswith(",,,,,True")


def test_a_comparison_pairs_neighbours():
    ratio = compare(FOUND, "slow", "fast")
    pairs = Spread.of([2.0, 2.2, 2.0, 2.0, 2.2, 2.0])
    assert ratio.latency == pytest.approx(pairs.median)
    assert ratio.noise == pytest.approx(pairs.iqr / pairs.median)
    assert ratio.memory == pytest.approx(2.0)


def test_what_slows_both_does_not_change_their_ratio():
    steady = measured({"a": [[2.0, 2.0, 2.0]], "b": [[1.0, 1.0, 1.0]]}, {"a": [1], "b": [1]})
    disturbed = measured({"a": [[2.0, 20.0, 6.0]], "b": [[1.0, 10.0, 3.0]]}, {"a": [1], "b": [1]})
    assert compare(disturbed, "a", "b") == compare(steady, "a", "b")


def test_noise_above_the_limit_is_no_result():
    noisy = measured({"a": [[1.0, 1.2, 1.5]], "b": [[1.0, 1.0, 1.0]]}, {"a": [1], "b": [1]})
    ratio = compare(noisy, "a", "b")
    with pytest.raises(BenchError, match=r"a against b.*spreads by 20.8%.*at most 5%"):
        ratio.require_quiet()
    assert ratio.require_quiet(0.25) is ratio


def test_a_single_pair_of_runs_is_no_result():
    ratio = compare(measured({"a": [[2.0]], "b": [[1.0]]}, {"a": [1], "b": [1]}), "a", "b")
    assert (ratio.latency, ratio.pairs) == (2.0, 1)
    with pytest.raises(BenchError, match=r"a against b: one run of each tells nothing of the noise"):
        ratio.require_quiet()
    assert ratio.require_quiet(float("inf")) is ratio


def test_memory_of_a_device_counts_where_there_is_one():
    base = measured({"a": [[1.0]], "b": [[1.0]]}, {"a": [1], "b": [1]})
    peaks = [Peak("a", 0, 1, 5, device=300), Peak("b", 0, 1, 500, device=100)]
    found = replace(base, peaks=peaks)
    assert compare(found, "a", "b").memory == 3.0
    assert costs_of(found)[0].device_memory_gb == 3e-7


def test_the_table_holds_every_cost_of_every_subject():
    costs = costs_of(FOUND)
    header, *lines = as_csv(costs, quick=True).splitlines()
    assert [line.split(",")[0] for line in lines] == ["slow", "fast"]
    cells = dict(zip(header.split(","), lines[0].split(","), strict=True))
    assert float(cells["latency_ms"]) == pytest.approx(2200)
    assert float(cells["drift_throughput"]) == 0
    assert json.loads(json.dumps([asdict(cost) for cost in costs]))[1]["subject"] == "fast"


@pytest.mark.parametrize(
    ("plan", "quick"),
    [(Plan(), False), (Plan(30, 100, 3), False), (Plan(29, 100, 3), True), (Plan(30, 99, 3), True)],
)
def test_fewer_runs_than_the_protocol_asks_for_are_marked(plan: Plan, quick: bool):
    assert plan.is_quick is quick
