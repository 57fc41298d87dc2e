"""Colours of the page and of its figures, for a light and for a dark surface.

The colours of series are those of Okabe and Ito ("Color universal design", 2008), which people with any kind
of colour vision can tell apart; on a dark surface they are lighter. Nothing is told by colour alone.
"""

from __future__ import annotations

import re

PALETTE = {
    "surface": ("#ffffff", "#14171c"),
    "raised": ("#f5f6f8", "#1d2128"),
    "line": ("#dcdfe4", "#363c46"),
    "muted": ("#5d6570", "#a2aab6"),
    "ink": ("#1b1f24", "#e7eaef"),
    "accent": ("#0a5fa4", "#7cbcf0"),
    "good": ("#0b6e4f", "#58d3a5"),
    "bad": ("#b3261e", "#ff9c8f"),
    "blue": ("#0072b2", "#4fa8e0"),
    "vermilion": ("#d55e00", "#ff8f4a"),
    "green": ("#009e73", "#3fcfa4"),
    "sky": ("#56b4e9", "#93d3f8"),
    "orange": ("#e69f00", "#f5bf4f"),
    "purple": ("#cc79a7", "#e6a5ca"),
}
"""Name -> colour on a light and on a dark surface."""


def light(name: str) -> str:
    """Return a colour as a drawing program needs it."""
    return PALETTE[name][0]


def as_variables(svg: str) -> str:
    """Return a drawing whose colours follow the scheme of the page; on its own it is light."""
    names = {lit: name for name, (lit, _) in PALETTE.items()}
    # Only in style properties: a label may say what it likes.
    colour = re.compile(rf"(?<=: )({'|'.join(names)})\b")
    return colour.sub(lambda found: f"var(--{names[found.group()]}, {found.group()})", svg)


def declarations(dark: bool) -> str:
    """Return the CSS that gives every colour its value in one scheme."""
    return " ".join(f"--{name}: {pair[dark]};" for name, pair in PALETTE.items())
