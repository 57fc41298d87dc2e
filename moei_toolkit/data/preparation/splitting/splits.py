"""Which split a capture belongs to: the published one, the one it had before, or the one that lacks most."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from moei_toolkit.data.layouts.base import SPLITS, TEST, TRAIN
from moei_toolkit.errors import ConfigError, DataError, did_you_mean

LEAST = {"calibrate": 2}
"""Captures a split needs, where it is not 1: half of calibrate is fitted on, and the other half chosen on."""


def assign_splits(
    captures: Mapping[str, str | None], shares: Mapping[str, float], seed: int, kept: Mapping[str, str]
) -> dict[str, str]:
    """Give every capture a split, so that nothing that was decided changes.

    A capture that is published in "train" may go to any split but test, since its data set has other images
    for that; one that is published in another split stays there; one without a published split may go
    anywhere. A capture that was assigned before stays where it is. The others come in an order that only the
    seed and their names decide, and each goes where most is lacking; shares count in proportion among the
    splits that it may go to. Before that, every split with a share gets the least it needs, which is 1
    capture, and 2 for calibrate; a split that none of these captures may go to is left as it is.

    Call it once per data set where every data set is to be in every split.

    Args:
        captures: Published split by capture; None where there is none. Their order changes nothing.
        shares: Of the splits, >= 0; they need not sum to 1. A split that is not named gets nothing.
        seed: Decides the order.
        kept: Split by capture, of those that were assigned before; it may name captures that are gone.

    Returns:
        Split by capture, in the order of their names.

    Raises:
        ConfigError: A share is negative or of no split, or no share is above 0 where captures may go.
        DataError: There are too few captures to give each split the least it needs, or an earlier assignment
            contradicts what is published.
    """
    _check_shares(shares)
    assigned = settled_splits(captures, kept)
    counts = Counter(assigned.values())
    waiting = sorted(captures.keys() - assigned.keys(), key=lambda name: _place_in_line(name, seed))
    weights = {published: _weigh(shares, published) for published in {captures[name] for name in waiting}}
    for name, split in _least(waiting, captures, weights, counts):
        assigned[name] = split
        counts[split] += 1
    for name in waiting:
        if name not in assigned:
            split = _most_lacking(weights[captures[name]], counts)
            assigned[name] = split
            counts[split] += 1
    return {name: assigned[name] for name in sorted(assigned)}


def open_splits(published: str | None) -> tuple[str, ...]:
    """Return the splits a capture may go to, by the one it is published in."""
    if published is None:
        return SPLITS
    return tuple(split for split in SPLITS if split != TEST) if published == TRAIN else (published,)


def settled_splits(captures: Mapping[str, str | None], kept: Mapping[str, str]) -> dict[str, str]:
    """Return the split of every capture that has no choice: published for good, or assigned before.

    Raises:
        DataError: A capture was assigned to a split in which it cannot be now.
    """
    settled = {name: split for name, split in captures.items() if split not in (None, TRAIN)}
    for name in captures.keys() & kept.keys():
        if kept[name] not in open_splits(captures[name]):
            raise DataError(
                f"capture {name!r}: expected its split {kept[name]!r} of an earlier preparation, but it is "
                f"published as {captures[name]!r}. Prepare the data into a fresh folder."
            )
        settled[name] = kept[name]
    return {name: split for name, split in settled.items() if split}


def _check_shares(shares: Mapping[str, float]) -> None:
    for split, share in shares.items():
        if split not in SPLITS:
            raise ConfigError(f"shares: unknown split {split!r}. {did_you_mean(split, SPLITS)}")
        if not (math.isfinite(share) and share >= 0):
            raise ConfigError(f"shares[{split!r}]: expected a number of 0 or more, got {share}.")


def _place_in_line(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "backslashreplace")).digest()


def _weigh(shares: Mapping[str, float], published: str | None) -> dict[str, float]:
    """Return the share of each split among those that a capture may go to."""
    given = {split: shares[split] for split in open_splits(published) if shares.get(split)}
    if not given:
        raise ConfigError(f"shares: expected one above 0 among {open_splits(published)}, got {dict(shares)}.")
    return {split: share / sum(given.values()) for split, share in given.items()}


def _least(
    waiting: list[str],
    captures: Mapping[str, str | None],
    weights: Mapping[str | None, Mapping[str, float]],
    counts: Counter[str],
) -> Iterator[tuple[str, str]]:
    """Yield captures for splits with less than they need; test comes first, since it may choose least."""
    wanted = {split for shares in weights.values() for split in shares}
    order = [split for split in (TEST, *SPLITS) if split in wanted]
    lacking = {split: LEAST.get(split, 1) - counts[split] for split in order}
    taken: set[str] = set()
    for split, count in lacking.items():
        able = (name for name in waiting if name not in taken and split in weights[captures[name]])
        chosen = [name for _, name in zip(range(count), able, strict=False)]
        if len(chosen) < count:
            raise _too_few(lacking, waiting)
        taken.update(chosen)
        yield from ((name, split) for name in chosen)


def _most_lacking(weights: Mapping[str, float], counts: Counter[str]) -> str:
    """Return the split that is furthest below its share; the first of equals."""
    total = sum(counts[split] for split in weights) + 1
    return max(weights, key=lambda split: weights[split] * total - counts[split])


def _too_few(lacking: Mapping[str, int], waiting: Collection[str]) -> DataError:
    needed = {split: count for split, count in lacking.items() if count > 0}
    listed = ", ".join(f"{count} for {split}" for split, count in needed.items())
    return DataError(
        f"expected {sum(needed.values())} captures or more to divide ({listed}), got {len(waiting)}. "
        "Add photographs, or set the share of a split to 0."
    )
