"""Writes a config as the text of a config file."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any

_WIDTH = 100
_INDENT = 4


def render(values: Mapping[str, Any]) -> str:
    """Return the text of a config file that holds ``values``, in their order.

    Args:
        values: Plain data; the keys are identifiers.
    """
    return "".join(f"{name} = {_value(value, len(name) + 3, 0)}\n" for name, value in values.items())


def _value(value: Any, used: int, indent: int) -> str:
    line = _in_line(value)
    if used + len(line) <= _WIDTH or not isinstance(value, Mapping | list | tuple) or not value:
        return line
    inner = indent + _INDENT
    if isinstance(value, Mapping):
        opening, closing, prefixes = _brackets(value)
        items = list(value.values())
    else:
        opening, closing, prefixes = "[", "]", [""] * len(value)
        items = list(value)
        if isinstance(value, tuple):
            opening, closing = "(", ")"
    rows = (
        f"{' ' * inner}{prefix}{_value(item, inner + len(prefix) + 1, inner)},\n"
        for prefix, item in zip(prefixes, items, strict=True)
    )
    return f"{opening}\n{''.join(rows)}{' ' * indent}{closing}"


def _in_line(value: Any) -> str:
    if isinstance(value, Mapping):
        opening, closing, prefixes = _brackets(value)
        pairs = zip(prefixes, value.values(), strict=True)
        return opening + ", ".join(prefix + _in_line(item) for prefix, item in pairs) + closing
    if isinstance(value, tuple):
        return f"({', '.join(map(_in_line, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(_in_line, value))}]"
    return repr(value)


def _brackets(value: Mapping[Any, Any]) -> tuple[str, str, list[str]]:
    if all(isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key) for key in value):
        return "dict(", ")", [f"{key}=" for key in value]
    return "{", "}", [f"{key!r}: " for key in value]
