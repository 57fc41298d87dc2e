"""A part of a report."""

from __future__ import annotations

from typing import Protocol

from moei_toolkit.report.markup import Markup


class Block(Protocol):
    """Something that can be shown on a page."""

    def html(self) -> Markup:
        """Return it as HTML that is readable without script and style."""
        ...
