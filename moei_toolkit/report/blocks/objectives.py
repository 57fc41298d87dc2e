"""The research objectives as cards: the verdict on top, and below it what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moei_toolkit.evaluation.checks import Check
from moei_toolkit.evaluation.objectives import Objective
from moei_toolkit.report.blocks.verdict import verdict, verdict_sign
from moei_toolkit.report.markup import Markup, element, join
from moei_toolkit.report.tables.objectives import HOW_TO_READ, verdict_of


@dataclass(frozen=True)
class ObjectiveCards:
    """A card for every objective.

    Attributes:
        objectives: In order.
    """

    objectives: Sequence[Objective]

    def html(self) -> Markup:
        """Return them as HTML."""
        return element(
            "div",
            element("div", *map(_card, self.objectives), class_="cards"),
            element("p", HOW_TO_READ, class_="note"),
            class_="block",
        )


def _card(objective: Objective) -> Markup:
    title = element("span", objective.title, class_="title")
    heading = element("h3", element("b", objective.id), " ", title, " ", verdict(objective.verdict))
    return element("article", heading, element("ul", *map(_line, objective.checks)), class_="card")


def _line(check: Check) -> Markup:
    what = element("span", check.what, class_="what")
    needed = f"needed: {check.threshold}"
    if check.holds is None:
        said = element("span", f"{check.measured} ", _whole(f"({needed})"), class_="condition")
    else:
        measured = element("span", check.measured, class_="measured")
        said = join(measured, " ", element("span", _whole(needed), class_="condition"))
    return element("li", verdict_sign(verdict_of(check)), " ", what, " ", said)


def _whole(text: str) -> Markup:
    """Return text that moves to the next line as a whole where it does not fit."""
    return element("span", text, class_="whole")
