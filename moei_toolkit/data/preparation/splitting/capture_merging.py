"""Captures that show the same become one; what would leak into held-out images is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.data.layouts.base import TRAIN
from moei_toolkit.data.preparation.splitting.duplicates import group_duplicates
from moei_toolkit.data.preparation.splitting.splits import open_splits, settled_splits

STRONGEST_FIRST = ("test", "val", "calibrate", "route", "train")
"""Which split keeps its captures where two of different splits show the same."""


@dataclass(frozen=True)
class MergedCaptures:
    """What captures are there after those that look alike have become one.

    Attributes:
        captures: Published split by capture, for :func:`assign_splits`.
        kept: Split by capture, of those that were assigned before.
        names: Which of ``captures`` each of the given ones is now part of; dropped ones are not there.
        dropped: Why it is left out, by given capture; a sentence for people.
    """

    captures: Mapping[str, str | None]
    kept: Mapping[str, str]
    names: Mapping[str, str]
    dropped: Mapping[str, str]


def merge_captures(
    captures: Mapping[str, str | None], links: Iterable[tuple[str, str]], kept: Mapping[str, str]
) -> MergedCaptures:
    """Make one capture of those that duplicates link, and find what has to go.

    Where some of them are settled, by publication or by an earlier preparation, the strongest split wins:
    test, val, calibrate, route, train. Those settled elsewhere are dropped, for one scene cannot be in two
    splits. So is what is published in "train" and looks like test, and whatever looks like an image of a
    published split other than train: that split stays as it was published. All others join.

    Args:
        captures: Published split by capture; None where there is none.
        links: Pairs of captures of which an image of one looks like an image of the other.
        kept: Split by capture, of those that were assigned before.

    Raises:
        DataError: An earlier assignment contradicts what is published.
    """
    settled = settled_splits(captures, kept)
    merged, still = dict(captures), dict(settled)
    names = {name: name for name in captures}
    dropped: dict[str, str] = {}
    for group in _groups(links):
        gone = _leaking(group, captures, settled)
        staying = [name for name in group if name not in gone]
        before = [name for name in staying if name in settled]
        one = (before or staying)[0]  # who was there before stays what it is called
        published = {captures[name] for name in staying} - {None}
        for name in group:
            del merged[name], names[name]
            still.pop(name, None)
        dropped |= gone
        names |= dict.fromkeys(staying, one)
        merged[one] = next(iter(published - {TRAIN} or published), None)
        if before:
            still[one] = settled[one]
    return MergedCaptures(merged, still, names, dropped)


def _groups(links: Iterable[tuple[str, str]]) -> Iterable[list[str]]:
    """Return linked captures, each group and all groups in the order of names."""
    pairs = [pair for pair in links if pair[0] != pair[1]]
    linked = sorted({name for pair in pairs for name in pair})
    index = {name: number for number, name in enumerate(linked)}
    ends = np.array([[index[name] for name in pair] for pair in pairs], np.int64).reshape(-1, 2)
    groups: dict[int, list[str]] = defaultdict(list)
    for name, label in zip(linked, group_duplicates(len(linked), ends).tolist(), strict=True):
        groups[label].append(name)
    return groups.values()


def _leaking(
    group: Sequence[str], captures: Mapping[str, str | None], settled: Mapping[str, str]
) -> dict[str, str]:
    """Return what must be dropped of a group, and why."""
    bound = [name for name in group if name in settled]
    if not bound:
        return {}
    split = min((settled[name] for name in bound), key=STRONGEST_FIRST.index)
    holders = [name for name in bound if settled[name] == split]
    is_published = split != TRAIN and any(captures[name] == split for name in holders)

    def may_join(name: str) -> bool:
        return name not in settled and not is_published and split in open_splits(captures[name])

    return {
        name: f"it looks like {holders[0]!r}, which is in split {split!r}"
        for name in group
        if name not in holders and not may_join(name)
    }
