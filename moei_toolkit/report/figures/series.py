"""Which colour and which marker stand for which policy, the same in every figure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle

from moei_toolkit.report.palette import light

KNOWN = {
    "input": ("muted", "o"),
    "dense": ("blue", "s"),
    "dense-equal": ("sky", "D"),
    "MoE-I": ("vermilion", "o"),
    "oracle": ("green", "^"),
}
OTHERS = (
    ("purple", "v"),
    ("orange", "P"),
    ("sky", "X"),
    ("muted", "<"),
    ("blue", ">"),
    ("green", "h"),
    ("vermilion", "d"),
)


def looks_of(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the colour and the marker of every name; names without one of their own take them in turn."""
    turns = cycle(OTHERS)
    looks = {name: KNOWN.get(name) or next(turns) for name in dict.fromkeys(names)}
    return {name: (light(colour), marker) for name, (colour, marker) in looks.items()}
