"""Time two ways of doing something in turn, so that whatever else runs on the machine slows both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Work = Callable[[], object]
Clock = Callable[[], float]
Comparison = Literal["ratio", "difference"]


@dataclass(frozen=True)
class Timings:
    """What two callables took, round by round.

    Attributes:
        first: Seconds of the first callable, one per round.
        second: Seconds of the second.
    """

    first: tuple[float, ...]
    second: tuple[float, ...]

    def quartiles(self, of: Comparison = "ratio") -> tuple[float, float, float]:
        """Return the quartiles over the rounds of first / second, or of first - second in seconds.

        The one in the middle is the median.
        """
        compare = np.divide if of == "ratio" else np.subtract
        low, median, high = np.percentile(compare(self.first, self.second), [25, 50, 75])
        return float(low), float(median), float(high)


def time_in_turn(
    first: Work, second: Work, rounds: int, warm_ups: int = 1, clock: Clock = time.perf_counter
) -> Timings:
    """Call both in turn and time every call; a ratio is of two neighbours, so slow drifts cancel.

    Args:
        first: Called first in every round.
        second: Called second.
        rounds: How many times each is timed, >= 1.
        warm_ups: Rounds before that are not timed.
        clock: Returns seconds.
    """
    for _ in range(warm_ups):
        first()
        second()
    seconds = [(_time(first, clock), _time(second, clock)) for _ in range(rounds)]
    return Timings(*zip(*seconds, strict=True))


def _time(work: Work, clock: Clock) -> float:
    start = clock()
    work()
    return clock() - start
