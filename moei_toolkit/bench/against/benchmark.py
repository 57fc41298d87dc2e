"""What a benchmark is, and what comes out of one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from moei_toolkit.bench.against.timing import Clock, Comparison, Timings, Work, time_in_turn

UNITS = {"ratio": "", "difference": " s"}
SIGNS = {"ratio": "/", "difference": "-"}


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
    """What a ratio should be, ``Target(">=", 3)``, or a difference: ``Target("<=", 0.3, "difference")``.

    Attributes:
        relation: Of the value to the bound.
        bound: Without a unit, or seconds.
        of: What is compared with it.
    """

    relation: Literal[">=", "<="]
    bound: float
    of: Comparison = "ratio"

    def is_met(self, value: float) -> bool:
        """Tell whether a ratio or difference is good enough."""
        return value >= self.bound if self.relation == ">=" else value <= self.bound

    def __str__(self) -> str:
        return f"{self.relation} {self.bound:g}{UNITS[self.of]}"


@dataclass(frozen=True)
class Benchmark:
    """Two ways to the same result, and what the ratio or the difference of their times should be.

    Attributes:
        name: What ``--only`` asks for.
        first: What is timed first, in words; the numerator, or what the second is subtracted from.
        second: What is timed second.
        target: Of the median.
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
    def quartiles(self) -> tuple[float, float, float]:
        """Of what the target is about."""
        return self.timings.quartiles(self.benchmark.target.of)

    @property
    def meets(self) -> bool:
        """Whether the median meets the target."""
        return self.benchmark.target.is_met(self.quartiles[1])

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        low, median, high = self.quartiles
        return {
            "name": self.benchmark.name,
            "first": self.benchmark.first,
            "second": self.benchmark.second,
            "scale": asdict(self.scale),
            self.benchmark.target.of: {"median": median, "quartiles": [low, high]},
            "target": str(self.benchmark.target),
            "meets": self.meets,
            "seconds": asdict(self.timings),
        }

    def __str__(self) -> str:
        benchmark, (low, median, high) = self.benchmark, self.quartiles
        sign, unit = SIGNS[benchmark.target.of], UNITS[benchmark.target.of]
        verdict = "meets" if self.meets else "misses"
        return (
            f"{benchmark.name}: ({benchmark.first}) {sign} ({benchmark.second}) = {median:.3g}{unit}, "
            f"quartiles {low:.3g} to {high:.3g} of {self.scale.rounds} rounds; "
            f"{verdict} the target, {benchmark.target}"
        )
