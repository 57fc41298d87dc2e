"""Find how wide a network must be to cost what another costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from moei_toolkit.errors import BenchError

TOLERANCE = 0.02
"""How far from 1 the ratio of two costs may lie for them to be called equal."""

_FAST = 8
"""Convolutions are fastest over multiples of so many channels."""


@dataclass(frozen=True)
class Match:
    """A width found by bisection.

    Attributes:
        width: The one whose cost is nearest.
        cost: Its cost over the wanted one.
        tried: Width -> its cost over the wanted one.
    """

    width: int
    cost: float
    tried: Mapping[int, float]


def match_width(cost: Callable[[int], float], low: int, high: int, tolerance: float = TOLERANCE) -> Match:
    """Find the width of a cost by bisection, taking it to grow with the width.

    Where no width of the bisection is near enough, those that convolutions are fastest at are tried too: cost
    does not quite grow with the width.

    Args:
        cost: Width -> its cost over the wanted one.
        low: Smallest width, >= 1.
        high: Largest width.
        tolerance: How near 1 is near enough to stop.

    Returns:
        The tried width of the cost nearest to 1; there may be none within the tolerance, for widths are
        whole numbers.

    Raises:
        BenchError: If low > high, or the tolerance is not in [0, 1).
    """
    require_tolerance(tolerance)
    if not 1 <= low <= high:
        raise BenchError(f"expected widths 1 <= low <= high, got {low} and {high}")
    tried: dict[int, float] = {}
    fast = [width for width in range(low, high + 1) if width % _FAST == 0]
    while low <= high:
        middle = (low + high) // 2
        tried[middle] = cost(middle)
        if abs(tried[middle] - 1) <= tolerance:
            break
        low, high = (middle + 1, high) if tried[middle] < 1 else (low, middle - 1)
    else:
        tried |= {width: cost(width) for width in fast if width not in tried}
    best = min(tried, key=lambda width: abs(tried[width] - 1))
    return Match(best, tried[best], tried)


def require_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that nothing can lie within.

    Raises:
        BenchError: If it is not in [0, 1).
    """
    if not 0 <= tolerance < 1:
        raise BenchError(f"expected a tolerance of 0 or more and below 1, got {tolerance}")
