"""The head of a model card that hubs read: plain data as YAML between two lines of dashes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_INDENT = "  "
_SPECIAL = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON leaves as it is and YAML reads as the end of a line, or not at all."""


def front_matter(values: Mapping[str, Any]) -> str:
    """Return plain data as the head of a Markdown file, keys in their order.

    Args:
        values: Keys are plain words; texts are quoted as in JSON, which YAML reads.
    """
    return "".join(f"{line}\n" for line in ("---", *_lines(values), "---"))


def _lines(value: Mapping[str, Any] | list[Any]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _is_nested(item):
                yield f"{key}:"
                yield from (f"{_INDENT}{line}" for line in _lines(item))
            else:
                yield f"{key}: {_scalar(item)}"
        return
    for item in value:
        first, *others = _lines(item) if _is_nested(item) else [_scalar(item)]
        yield f"- {first}"
        yield from (f"{_INDENT}{line}" for line in others)


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping | list) and bool(value)


def _scalar(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, float) and "e" in text and "." not in text:
        return text.replace("e", ".0e")  # without a point, YAML reads a text
    return _SPECIAL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
