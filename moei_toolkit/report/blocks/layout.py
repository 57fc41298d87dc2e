"""How blocks stand on a page: in sections, and beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moei_toolkit.report.blocks.block import Block
from moei_toolkit.report.markup import Markup, element


@dataclass(frozen=True)
class Grid:
    """Blocks beside each other where there is room, else below each other.

    Attributes:
        blocks: In order.
        title: Of all of them; may be empty.
    """

    blocks: Sequence[Block]
    title: str = ""

    def html(self) -> Markup:
        """Return it as HTML."""
        return element(
            "div",
            *([element("h3", self.title)] if self.title else []),
            element("div", *(block.html() for block in self.blocks), class_="grid"),
            class_="block",
        )


@dataclass(frozen=True)
class Section:
    """A part of a report that the table of contents names.

    Attributes:
        title: Short.
        blocks: In order.
        intro: What it shows, in a sentence or two; may be empty.
    """

    title: str
    blocks: Sequence[Block]
    intro: str = ""

    def html(self, anchor: str) -> Markup:
        """Return it as HTML that can be jumped to."""
        return element(
            "section",
            element("h2", self.title),
            *([element("p", self.intro)] if self.intro else []),
            *(block.html() for block in self.blocks),
            id=anchor,
        )
