"""How cost grows: with image size, with the number of experts, with the batch and with threads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from moei_toolkit.bench.cost import Cost, Ratio, compare, costs_of
from moei_toolkit.bench.measuring.race import Plan, measure
from moei_toolkit.bench.measuring.subject import UHD, Model, Size, Subject
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.types import ACTUAL


@dataclass(frozen=True)
class Study:
    """One thing that is varied.

    Attributes:
        name: What ``--only`` asks for.
        axis: What it is, with its unit.
        values: Of the axis; fewer when in a hurry.
        quick: Those.
        subject: Value -> what is measured.
        size: Value -> of which image.
    """

    name: str
    axis: str
    values: Sequence[int]
    quick: Sequence[int]
    subject: Callable[[int], Subject]
    size: Callable[[int], Size]


@dataclass(frozen=True)
class Point:
    """What one value of a study costs.

    Attributes:
        study: Its name.
        value: Of the axis.
        size: Of the image.
        cost: What was measured.
        over_first: Over the first value of the same image size, measured in turn with it; None for itself.
    """

    study: str
    value: int
    size: Size
    cost: Cost
    over_first: Ratio | None = None


def size_of(megapixels: int) -> Size:
    """Return a 16:9 image of about that many megapixels, 8 being 4K."""
    width = round(math.sqrt(megapixels / 8) * UHD.width / 16) * 16
    return Size(width, round(width * UHD.height / UHD.width))


def _uhd(value: int) -> Size:
    return UHD


def _vary(option: str, value: int) -> Subject:
    return Subject(str(value), ACTUAL, **{option: value})  # type: ignore[arg-type]


_DOUBLING = (1, 2, 4, 8, 16, 32, 64)
STUDIES = (
    Study("size", "image size, MP", _DOUBLING, (1, 8), lambda value: Subject(str(value), ACTUAL), size_of),
    Study("experts", "experts in memory", _DOUBLING, (1, 64), partial(_vary, "experts"), _uhd),
    Study("batch", "tiles per call", (1, 2, 4, 8), (1, 4), partial(_vary, "batch"), _uhd),
    Study("threads", "processor threads", _DOUBLING, (1, 2), partial(_vary, "threads"), _uhd),
)


def run_study(model: Model, study: Study, values: Sequence[int], plan: Plan, log: Reporter) -> list[Point]:
    """Measure every value of a study; those of one image size in turn.

    Args:
        model: What is restored with.
        study: What is varied.
        values: Which values of it.
        plan: How often each is measured.
        log: Told how far it is.

    Raises:
        BenchError: If a measurement failed.
    """
    points = []
    for size in dict.fromkeys(study.size(value) for value in values):
        together = [value for value in values if study.size(value) == size]
        found = measure(model, [study.subject(value) for value in together], size, plan, log)
        for value, cost in zip(together, costs_of(found), strict=True):
            ratio = None if value == together[0] else compare(found, str(value), str(together[0]))
            points.append(Point(study.name, value, size, cost, ratio))
    return points
