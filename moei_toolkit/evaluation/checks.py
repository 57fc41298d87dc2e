"""Conditions of a research objective: what was measured, what it has to be, and whether it is."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail", "not measured"]


@dataclass(frozen=True)
class Check:
    """One condition of an objective.

    Attributes:
        what: What is measured.
        measured: The value with its unit, or why there is none.
        threshold: What it has to be.
        holds: None when it was not measured.
    """

    what: str
    measured: str
    threshold: str
    holds: bool | None


@dataclass(frozen=True)
class Missing:
    """Why there is no measurement."""

    reason: str


Measured = float | Missing

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
}
_MOST_DIGITS = 6


def at_least(what: str, value: Measured, limit: float, unit: str = "dB") -> Check:
    """Return whether a value is ``limit`` or more."""
    return compared(what, value, ">=", limit, unit)


def at_most(what: str, value: Measured, limit: float, unit: str) -> Check:
    """Return whether a value is ``limit`` or less."""
    return compared(what, value, "<=", limit, unit)


def compared(what: str, value: Measured, relation: str, limit: float, unit: str) -> Check:
    """Return how a value compares with a limit.

    Args:
        what: What is measured.
        value: The value, or why there is none.
        relation: ``">="``, ``"<="`` or ``"<"``.
        limit: What it is compared with.
        unit: Of both: ``"dB"``, ``"%"`` for shares, or empty.
    """
    threshold = f"{relation} {_shown(limit, unit, _digits(unit))}"
    if isinstance(value, Missing):
        return Check(what, value.reason, threshold, None)
    holds = _HOLDS[relation](value, limit)
    digits, moved = _digits(unit), 2 if unit == "%" else 0
    # As many as it takes to see on which side of the limit the value is.
    while digits < _MOST_DIGITS and _HOLDS[relation](round(value, digits + moved), limit) != holds:
        digits += 1
    is_change = relation == ">=" and (unit == "dB" or (not unit and limit == 0))
    return Check(what, _shown(value, unit, digits, is_change), threshold, holds)


def told_p(value: float) -> str:
    """Return a p value as tables have it: no test says that something cannot be."""
    return "< 0.001" if value < 0.0005 else f"{value:.3f}"


def _digits(unit: str) -> int:
    return {"%": 1, "dB": 2}.get(unit, 3)


def _shown(value: float, unit: str, digits: int, sign: bool = False) -> str:
    if unit == "%":
        return f"{value:.{digits}%}"
    rounded = round(value, digits) + 0.0  # without the sign of a zero
    return f"{rounded:{'+' if sign else ''}.{digits}f} {unit}".rstrip()
