"""Text: what names that strangers give may hold, and how values are written."""

from __future__ import annotations

import unicodedata

_UNWRITABLE = frozenset({"Cc", "Cs"})
"""Unicode categories of control characters, and of halves of characters: undecodable names hold them."""


def is_text(name: str) -> bool:
    """Tell whether a record can hold a name: it is not blank, valid UTF-8, and free of control characters."""
    if name.isascii() and name.isprintable():
        return bool(name.strip())
    return bool(name.strip()) and not any(
        unicodedata.category(character) in _UNWRITABLE for character in name
    )


def printable(text: str) -> str:
    """Return a text with unprintable characters written out: on one line, and safe on a terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def shown(value: object) -> str:
    """Return a value as it is written in names and tables."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
