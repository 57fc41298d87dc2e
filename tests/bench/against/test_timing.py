"""Two callables are timed in turn; quartiles are of the ratio of each round."""

from __future__ import annotations

import pytest

from moei_toolkit.bench.against.timing import Timings, time_in_turn


class FakeClock:
    """Stands still until some work takes time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.log: list[str] = []

    def __call__(self) -> float:
        return self.now

    def work(self, name: str, *seconds: float):
        remaining = iter(seconds)

        def take() -> None:
            self.log.append(name)
            self.now += next(remaining)

        return take


def test_calls_alternate_and_every_one_but_the_warm_ups_is_timed():
    clock = FakeClock()
    first, second = clock.work("a", 50, 2, 4, 6), clock.work("b", 70, 1, 5, 3)
    timings = time_in_turn(first, second, rounds=3, warm_ups=1, clock=clock)
    assert clock.log == ["a", "b"] * 4
    assert timings == Timings(first=(2, 4, 6), second=(1, 5, 3))


def test_without_warm_ups_the_first_call_counts():
    clock = FakeClock()
    timings = time_in_turn(clock.work("a", 50), clock.work("b", 70), rounds=1, warm_ups=0, clock=clock)
    assert timings == Timings(first=(50,), second=(70,))
    assert clock.log == ["a", "b"]


def test_time_between_the_calls_is_not_theirs():
    ticks = iter([0.0, 1.0, 10.0, 13.0])
    timings = time_in_turn(lambda: None, lambda: None, rounds=1, warm_ups=0, clock=lambda: next(ticks))
    assert timings == Timings(first=(1.0,), second=(3.0,))


def test_quartiles_are_of_the_ratios_not_the_ratio_of_quartiles():
    timings = Timings(first=(1.0, 2.0, 30.0, 4.0, 50.0), second=(1.0, 1.0, 10.0, 1.0, 10.0))
    assert timings.quartiles() == (2.0, 3.0, 4.0)


def test_a_machine_that_slows_down_does_not_change_the_ratio():
    steady = Timings(first=(3.0,) * 4, second=(1.5,) * 4)
    slowing = Timings(first=(3.0, 6.0, 12.0, 24.0), second=(1.5, 3.0, 6.0, 12.0))
    assert slowing.quartiles() == steady.quartiles() == (2.0, 2.0, 2.0)


def test_one_round_has_no_spread():
    assert Timings(first=(3.0,), second=(4.0,)).quartiles() == pytest.approx((0.75, 0.75, 0.75))
