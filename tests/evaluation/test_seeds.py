"""Runs that differ in their seed alone, and how far they are apart."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest
from row_examples import example

from moei_toolkit.evaluation.quality import macro_psnr
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.seeds import SeededRun, judge_seed, spread_of
from moei_toolkit.report.tables.seeds import seeds_table


def test_a_run_comes_to_its_macro_psnr_and_agreement():
    rows = example()
    run = judge_seed(3, rows)
    assert run.seed == 3
    assert run.psnr == macro_psnr(rows)
    assert run.agreement == decisions_of(rows).right.mean()
    better = [replace(row, metrics={**row.metrics, "psnr": row.metrics["psnr"] + 1}) for row in rows]
    assert judge_seed(3, better).psnr == {
        policy: pytest.approx(value + 1) for policy, value in run.psnr.items()
    }


@pytest.mark.parametrize("values", [[1.0, 2.0], [25.84, 25.53, 25.37], [0.5, 0.5, 0.5]])
def test_the_spread_is_that_of_the_standard_library(values: list[float]):
    assert spread_of(values) == (
        pytest.approx(statistics.mean(values)),
        pytest.approx(statistics.stdev(values), abs=1e-12),
    )


def test_the_table_by_hand():
    runs = [
        SeededRun(0, {"input": 17.0, "dense": 25.0, "dense-equal": 25.25, "actual": 26.0}, 0.75),
        SeededRun(7, {"input": 17.0, "dense": 25.5, "dense-equal": 26.0, "actual": 25.5}, 0.5),
    ]
    table = seeds_table(runs)
    assert table.header == ["what", "seed 0", "seed 7", "mean", "deviation"]
    assert table.rows == [
        ["input", "17.00", "17.00", "17.00", "0.00"],
        ["dense", "25.00", "25.50", "25.25", "0.35"],
        ["dense-equal", "25.25", "26.00", "25.62", "0.53"],
        ["MoE-I", "26.00", "25.50", "25.75", "0.35"],
        ["MoE-I over dense", "+1.00", "+0.00", "+0.50", "0.71"],
        ["MoE-I over dense-equal", "+0.75", "-0.50", "+0.12", "0.88"],
        ["agreement", "75.0%", "50.0%", "62.5%", "17.7%"],
    ]


def test_the_table_says_when_seeds_have_drawn_other_weather():
    runs = [SeededRun(seed, {"input": 17.0, "dense": 25.0, "actual": 26.0}, 0.75) for seed in (0, 7)]
    assert "on the same images;" in str(seeds_table(runs).note)
    other = SeededRun(7, {"input": 18.0, "dense": 25.0, "actual": 26.0}, 0.75)
    assert "weather that its own seed has drawn;" in str(seeds_table([runs[0], other]).note)


def test_a_policy_that_one_of_the_runs_lacks_is_left_out():
    runs = [
        SeededRun(0, {"dense": 25.0, "dense-equal": 25.0, "actual": 26.0}, 1.0),
        SeededRun(1, {"dense": 25.0, "actual": 26.0}, 1.0),
    ]
    assert [row[0] for row in seeds_table(runs).rows] == ["dense", "MoE-I", "MoE-I over dense", "agreement"]
