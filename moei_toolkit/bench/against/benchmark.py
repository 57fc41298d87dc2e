"""What a benchmark is, and what comes out of one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from moei_toolkit.bench.against.timing import Clock, Timings, Work, time_in_turn


@dataclass(frozen=True)
class Scale:
    """How much work there is.

    Attributes:
        width: Of the image, pixels.
        height: Of the image, pixels.
        rounds: How many times each side is timed.
    """

    width: int
    height: int
    rounds: int


@dataclass(frozen=True)
class Target:
    """What a ratio should be: ``Target(">=", 3)`` or ``Target("<=", 0.7)``."""

    relation: Literal[">=", "<="]
    bound: float

    def is_met(self, ratio: float) -> bool:
        """Tell whether a ratio is good enough."""
        return ratio >= self.bound if self.relation == ">=" else ratio <= self.bound

    def __str__(self) -> str:
        return f"{self.relation} {self.bound:g}"


@dataclass(frozen=True)
class Benchmark:
    """Two ways to the same result, and what the ratio of their times should be.

    Attributes:
        name: What ``--only`` asks for.
        first: What is timed first, in words; the numerator.
        second: What is timed second; the denominator.
        target: Of the median ratio.
        prepare: Makes the two callables for a scale.
    """

    name: str
    first: str
    second: str
    target: Target
    prepare: Callable[[Scale], tuple[Work, Work]]

    def run(self, scale: Scale, clock: Clock = time.perf_counter) -> Outcome:
        """Prepare, warm up and time."""
        return Outcome(self, scale, time_in_turn(*self.prepare(scale), scale.rounds, clock=clock))


@dataclass(frozen=True)
class Outcome:
    """What a benchmark took.

    Attributes:
        benchmark: Which one.
        scale: On how much work.
        timings: Seconds of both sides.
    """

    benchmark: Benchmark
    scale: Scale
    timings: Timings

    @property
    def meets(self) -> bool:
        """Whether the median ratio meets the target."""
        return self.benchmark.target.is_met(self.timings.quartiles()[1])

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        low, median, high = self.timings.quartiles()
        return {
            "name": self.benchmark.name,
            "first": self.benchmark.first,
            "second": self.benchmark.second,
            "scale": asdict(self.scale),
            "ratio": {"median": median, "quartiles": [low, high]},
            "target": str(self.benchmark.target),
            "meets": self.meets,
            "seconds": asdict(self.timings),
        }

    def __str__(self) -> str:
        benchmark, (low, median, high) = self.benchmark, self.timings.quartiles()
        verdict = "meets" if self.meets else "misses"
        return (
            f"{benchmark.name}: ({benchmark.first}) / ({benchmark.second}) = {median:.3g}, "
            f"quartiles {low:.3g} to {high:.3g} of {self.scale.rounds} rounds; "
            f"{verdict} the target, {benchmark.target}"
        )
