"""HTML that is put together from elements, so that text is escaped where it enters and nowhere else."""

from __future__ import annotations

import re
import unicodedata
from html import escape

VOID = frozenset({"input", "img", "link", "meta"})
"""Elements that have no content and no end tag."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, /, *content: str, **attributes: str | bool) -> Markup:
    """Return an element as HTML.

    Args:
        tag: Its name.
        content: What it holds; what is no `Markup` is escaped.
        attributes: By name, with ``_`` for ``-``; a ``_`` at the end, as in ``class_``, is left out. Values
            are escaped. True is an attribute without a value; False is no attribute.
    """
    opening = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID:
        return Markup(f"<{tag}{opening}>")
    return Markup(f"<{tag}{opening}>{join(*content)}</{tag}>")


def join(*content: str) -> Markup:
    """Return one piece of HTML made of several; what is no `Markup` is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in content))


def slug(text: str) -> str:
    """Return a name for files and anchors made of a title: lower-case ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "untitled"


def _attribute(name: str, value: str | bool) -> str:
    if value is False:
        return ""
    written = name.removesuffix("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(value)}"'
