"""A benchmark says what was measured, against which target, and whether it is met."""

from __future__ import annotations

import json
from functools import partial

import pytest

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.bench.against import model
from moei_toolkit.bench.against.benchmark import Benchmark, Outcome, Scale, Target
from moei_toolkit.bench.against.catalogue import NAMES, load_benchmark
from moei_toolkit.bench.against.timing import Timings

SCALE = Scale(width=48, height=32, rounds=3)


def outcome(target: Target, *ratios: float) -> Outcome:
    benchmark = Benchmark("toy", "slow", "fast", target, lambda scale: (lambda: None, lambda: None))
    return Outcome(benchmark, SCALE, Timings(first=ratios, second=(1.0,) * len(ratios)))


@pytest.mark.parametrize(
    ("target", "ratio", "met"),
    [
        (Target(">=", 3), 3.0, True),
        (Target(">=", 3), 2.99, False),
        (Target("<=", 0.7), 0.7, True),
        (Target("<=", 0.7), 0.71, False),
    ],
)
def test_a_target_is_met_up_to_its_bound(target: Target, ratio: float, met: bool):
    assert target.is_met(ratio) == met
    assert outcome(target, ratio).meets == met
    assert f"; {'meets' if met else 'misses'} the target, {target}" in str(outcome(target, ratio))


def test_the_median_decides():
    assert outcome(Target(">=", 3), 1.0, 3.5, 4.0).meets
    assert not outcome(Target(">=", 3), 1.0, 2.5, 40.0).meets


def test_a_line_says_all():
    line = str(outcome(Target("<=", 0.7), 0.5, 0.6, 0.8))
    assert line == ("toy: (slow) / (fast) = 0.6, quartiles 0.55 to 0.7 of 3 rounds; meets the target, <= 0.7")


def test_a_difference_is_in_seconds():
    found = outcome(Target("<=", 0.3, "difference"), 1.1, 1.2, 1.5)
    assert found.meets
    assert not outcome(Target("<=", 0.3, "difference"), 1.1, 1.4, 1.5).meets
    assert str(found) == (
        "toy: (slow) - (fast) = 0.2 s, quartiles 0.15 to 0.35 of 3 rounds; meets the target, <= 0.3 s"
    )
    assert found.as_dict()["difference"]["median"] == pytest.approx(0.2)
    assert found.as_dict()["target"] == "<= 0.3 s"


def test_plain_values_hold_every_time():
    found = json.loads(json.dumps(outcome(Target(">=", 3), 1.0, 2.0, 3.0).as_dict()))
    assert found == {
        "name": "toy",
        "first": "slow",
        "second": "fast",
        "scale": {"width": 48, "height": 32, "rounds": 3},
        "ratio": {"median": 2.0, "quartiles": [1.5, 2.5]},
        "target": ">= 3",
        "meets": False,
        "seconds": {"first": [1.0, 2.0, 3.0], "second": [1.0, 1.0, 1.0]},
    }


def test_a_run_prepares_once_warms_up_and_times_every_round():
    log: list[object] = []

    def prepare(scale: Scale):
        log.append(scale)
        return lambda: log.append("slow"), lambda: log.append("fast")

    ticks = iter(range(100))
    benchmark = Benchmark("toy", "slow", "fast", Target(">=", 1), prepare)
    found = benchmark.run(SCALE, clock=lambda: float(next(ticks)))
    assert log == [SCALE, *["slow", "fast"] * 4]
    assert found.timings == Timings(first=(1.0,) * 3, second=(1.0,) * 3)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_leads_to_its_benchmark(name: str):
    assert load_benchmark(name).name == name


EXPORTS = pytest.param("runtime", marks=pytest.mark.long)


@pytest.mark.parametrize("name", [EXPORTS, *(name for name in NAMES if name != "runtime")])
def test_every_benchmark_prepares_both_ways(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model, "GlobalUNet", partial(GlobalUNet, width=4, blocks=1))
    assert all(callable(work) for work in load_benchmark(name).prepare(SCALE))


def test_both_ways_to_ssim_agree():
    reference, ours = load_benchmark("ssim").prepare(SCALE)
    assert ours() == pytest.approx(reference(), abs=1e-6)
