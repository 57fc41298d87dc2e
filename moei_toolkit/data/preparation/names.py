"""What files are called when people are told about them."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.io.text import printable


def name_below(root: Path, path: Path) -> str:
    """Return a path relative to a root if it lies below that; what cannot be printed becomes escapes."""
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return printable(str(shown))
