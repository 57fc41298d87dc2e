"""Measurements that are made up, as `measure` would return them."""

from __future__ import annotations

from moei_toolkit.bench.measuring.race import Measurements, Peak, Plan, Run
from moei_toolkit.bench.measuring.subject import Size, Subject

SIZE = Size(1000, 500)  # half a megapixel


def measured(latencies: dict[str, list[list[float]]], peaks: dict[str, list[int]]) -> Measurements:
    """Latencies in seconds by subject and block; a tenth of each is describing."""
    blocks = len(next(iter(latencies.values())))
    runs = [
        Run(name, block, number, {"describe": 0.1 * value, "decide": 0.0, "restore": 0.9 * value})
        for name, by_block in latencies.items()
        for block, values in enumerate(by_block)
        for number, value in enumerate(values)
    ]
    found = [
        Peak(name, block, loaded=10**8, peak=value)
        for name, values in peaks.items()
        for block, value in enumerate(values)
    ]
    plan = Plan(0, len(next(iter(latencies.values()))[0]), blocks)
    subjects = [Subject(name) for name in latencies]
    same = (dict.fromkeys(latencies, value) for value in ("float32", "dense"))
    return Measurements(SIZE, plan, subjects, runs, found, *same)
