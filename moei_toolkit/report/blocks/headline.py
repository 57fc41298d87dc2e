"""The top of a report: what was found, in one sentence and a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moei_toolkit.report.markup import Markup, element


@dataclass(frozen=True)
class BigNumber:
    """A number to remember.

    Attributes:
        value: As text, with its sign.
        unit: Such as ``dB``; empty where there is none.
        caption: What it is, and how sure.
    """

    value: str
    unit: str
    caption: str

    def html(self) -> Markup:
        """Return it as HTML."""
        unit = element("span", self.unit, class_="unit")
        number = element("dd", self.value, *((" ", unit) if self.unit else ()), class_="value")
        return element("div", element("dt", self.caption), number)


@dataclass(frozen=True)
class Headline:
    """The top of a report.

    Attributes:
        title: Of the report.
        finding: One sentence.
        numbers: A few, the most important one first.
        note: What all of it was measured on.
    """

    title: str
    finding: str
    numbers: Sequence[BigNumber] = ()
    note: str = ""

    def html(self) -> Markup:
        """Return it as HTML."""
        numbers = element("dl", *(number.html() for number in self.numbers), class_="numbers")
        return element(
            "header",
            element("h1", self.title),
            element("p", self.finding, class_="finding"),
            *([numbers] if self.numbers else []),
            *([element("p", self.note, class_="note")] if self.note else []),
        )
