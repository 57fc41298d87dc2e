"""A paragraph of text."""

from __future__ import annotations

from dataclasses import dataclass

from moei_toolkit.report.markup import Markup, element


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text.

    Attributes:
        text: One or more sentences.
    """

    text: str

    def html(self) -> Markup:
        """Return it as HTML."""
        return element("p", self.text)
