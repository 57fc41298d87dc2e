"""Do two data sets show the same scenes?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from moei_toolkit.data.records import Record
from moei_toolkit.types import CLEAN

Mark = tuple[str, ...]


def captures_shared(
    records: Sequence[Record], learnt: Iterable[Record], judged: Iterable[Record] = ()
) -> set[tuple[str, str]]:
    """Return data set and capture of those records that show something which is in other records too.

    Two records show the same when their pixels are equal, or when they are photographs of one scene or one
    capture by name. What is generated says nothing by its name: another seed makes another scene of it.

    Args:
        records: All of a data set, with its clean images: these are equal whatever the weather.
        learnt: All of the other one that something was learnt from.
        judged: What the other one was only judged on. Other weather over the same scene is something else,
            so only equal degraded pixels count.
    """
    known = {mark for other in learnt for mark in _marks(other)}
    known |= {_mark_of_pixels(other) for other in judged if other.degradation != CLEAN}
    return {capture_of(record) for record in records if not known.isdisjoint(_marks(record))}


def capture_of(record: Record) -> tuple[str, str]:
    """Return data set and capture: images that have these in common are not independent."""
    return record.dataset, record.capture_id


def _marks(record: Record) -> Iterator[Mark]:
    yield _mark_of_pixels(record)
    if record.source == "photograph":
        yield ("scene", record.dataset, record.scene_id)
        yield ("capture", record.dataset, record.capture_id)


def _mark_of_pixels(record: Record) -> Mark:
    return "pixels", record.hash
