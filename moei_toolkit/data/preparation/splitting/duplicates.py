"""Which of very many hashes are nearly equal, without comparing every one with every other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from moei_toolkit.errors import ConfigError, DataError

BITS = 64
LARGEST_DISTANCE = 8
MOST_PAIRS = 30_000_000
"""More would take more than 2 GB."""

_SORTING = 10
"""What sorting costs per hash, in comparisons of two hashes."""

_SAMPLE = 100_000
"""Hashes that tell how often a bit is set."""


def find_duplicates(hashes: np.ndarray, distance: int = 4) -> np.ndarray:
    """Return every pair of hashes that differ in few bits.

    The bits are dealt to b bands. Two hashes within a distance d differ in d bands at most, so they are equal
    in b - d bands or more: sorting by every choice of b - d bands brings them together, and only neighbours
    are compared (Manku, Jain and Das Sarma, "Detecting near-duplicates for web crawling", WWW 2007).

    Equal hashes are many where frames are black, and would make a pair of every two. Each is paired with the
    first of its kind only, and that one stands for all of them in the pairs with other hashes. Groups of
    linked hashes are the same as if every pair were there.

    Args:
        hashes: (N,) uint64.
        distance: In bits, 0 to 8.

    Returns:
        (M, 2) int64 indices, each pair once, the smaller index first, in ascending order.

    Raises:
        ConfigError: The distance is out of range.
        DataError: There are more than ``MOST_PAIRS`` pairs.
    """
    if not 0 <= distance <= LARGEST_DISTANCE:
        raise ConfigError(f"distance: expected 0 to {LARGEST_DISTANCE} bits, got {distance}.")
    values, firsts, places = np.unique(np.asarray(hashes, np.uint64), return_index=True, return_inverse=True)
    owners = firsts[places]
    copies = np.flatnonzero(owners != np.arange(len(hashes)))
    found, count = [owners[copies] * len(hashes) + copies], len(copies)
    for one, other in _near_pairs(values, distance):
        count += len(one)
        if count > MOST_PAIRS:
            raise DataError(
                f"more than {MOST_PAIRS:,} pairs of {len(hashes):,} images look alike at a distance of "
                f"{distance} bits. Use a smaller distance, or leave out frames of one video."
            )
        one, other = firsts[one], firsts[other]
        found.append(np.minimum(one, other) * len(hashes) + np.maximum(one, other))
    codes = np.concatenate(found)  # one number for a pair takes half the memory, and sorts at once
    codes.sort()
    return np.stack(np.divmod(codes, max(len(hashes), 1)), axis=1)


def group_duplicates(count: int, pairs: np.ndarray) -> np.ndarray:
    """Return the group of every item: items that a chain of pairs links are in one.

    Args:
        count: Number of items, N.
        pairs: (M, 2) indices below N.

    Returns:
        (N,) groups, counted from 0 in the order of their first items.
    """
    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    labels: np.ndarray = connected_components(links, directed=False)[1]
    return labels


def _near_pairs(values: np.ndarray, distance: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the indices of pairs of distinct hashes within a distance, every pair once."""
    masks = _choose_masks(values, distance)
    for number, mask in enumerate(masks):
        keys = values & mask
        order = np.argsort(keys)
        keys, ordered = keys[order], values[order]
        step = 1
        places = np.flatnonzero(keys[1:] == keys[:-1])
        while len(places):  # all that have an equal key so many places further on
            differing = ordered[places] ^ ordered[places + step]
            near = count_bits(differing) <= distance
            for earlier in masks[:number]:  # this pair has been found before
                near[near] = (differing[near] & earlier) != 0
            if near.any():
                yield order[places[near]], order[places[near] + step]
            step += 1
            places = places[: np.searchsorted(places, len(keys) - step)]
            places = places[keys[places] == keys[places + step]]


def _choose_masks(values: np.ndarray, distance: int) -> list[np.uint64]:
    """Return the choices of bands to sort by; as many bands as make sorting and comparing cost least."""
    sample = values[:: len(values) // _SAMPLE + 1]
    ones = [np.count_nonzero(sample & np.uint64(1 << bit)) / max(len(sample), 1) for bit in range(BITS)]
    entropies = [_entropy(share) for share in ones]

    def cost(bands: int) -> float:
        key_bits = sum(entropies) * (bands - distance) / bands
        compared = len(values) * len(values) / 2 / 2**key_bits
        return comb(bands, distance) * (_SORTING * len(values) + compared)

    count = min(range(distance + 1, BITS + 1), key=cost)
    # Bits that seldom vary tell little: each band gets its share of them.
    telling = sorted(range(BITS), key=lambda bit: -entropies[bit])
    bands = [sum(1 << bit for bit in telling[first::count]) for first in range(count)]
    return [np.uint64(sum(chosen)) for chosen in combinations(bands, count - distance)]


def _entropy(share: float) -> float:
    """Return how much a bit tells that is set in a share of all hashes, in bits."""
    return float(-sum(part * np.log2(part) for part in (share, 1 - share) if part > 0))


def count_bits(values: np.ndarray) -> np.ndarray:
    """Return how many bits of each uint64 are set, by adding neighbouring fields of 1, 2 and 4 bits."""
    pairs = values - ((values >> np.uint64(1)) & np.uint64(0x5555555555555555))
    fours = (pairs & np.uint64(0x3333333333333333)) + (
        (pairs >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    bytes_ = (fours + (fours >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (bytes_ * np.uint64(0x0101010101010101)) >> np.uint64(56)
