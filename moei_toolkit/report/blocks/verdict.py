"""A verdict as a sign and a word, so that nobody needs its colour."""

from __future__ import annotations

from moei_toolkit.report.blocks.cells import MARKS
from moei_toolkit.report.markup import Markup, element, slug


def verdict(word: str) -> Markup:
    """Return a verdict, one of `MARKS` in any case, with its sign before it."""
    sign = element("span", MARKS[word.lower()], class_="mark", aria_hidden="true")
    return element("span", sign, word, class_=f"verdict {slug(word)}")


def verdict_sign(word: str) -> Markup:
    """Return the sign of a verdict alone; whoever cannot see it is told the word."""
    return element(
        "span", MARKS[word.lower()], class_=f"verdict mark {slug(word)}", role="img", aria_label=word
    )
