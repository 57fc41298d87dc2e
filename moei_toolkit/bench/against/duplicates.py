"""Near-duplicates among a million hashes against comparing every two, of which a five hundredth is timed.

Comparing every two takes as long for each part, so a ratio of 1 here means that the search is 500 times as
fast. One hash in a hundred is a near copy of another one.
"""

from __future__ import annotations

import numpy as np

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.data.preparation.splitting.duplicates import count_bits, find_duplicates

COUNT, PLANTED, DISTANCE = 1_000_000, 10_000, 4
PART = 500
BLOCK = 1 << 15
"""Hashes compared at a time, which the cache holds."""


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return a part of brute force, and the whole search; the scale has no say in it."""
    hashes = plant_duplicates(COUNT, PLANTED, DISTANCE, np.random.default_rng(0))
    compared = COUNT // 2 // PART  # with all others, which is that part of COUNT * COUNT / 2 pairs

    def brute_force() -> int:
        return sum(
            _count_near(hashes[start : start + BLOCK], hashes[:compared]) for start in range(0, COUNT, BLOCK)
        )

    return brute_force, lambda: find_duplicates(hashes, DISTANCE)


def plant_duplicates(count: int, planted: int, distance: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count,) random uint64 hashes, of which the last ones are near copies of the first ones.

    Args:
        count: How many hashes, N.
        planted: How many near copies, at most N / 2.
        distance: In how many bits a copy differs at most.
        rng: Source of everything random.
    """
    hashes = rng.integers(0, 2**64, count, dtype=np.uint64)
    copies = hashes[:planted].copy()
    for _ in range(distance):  # a bit that is hit twice is as it was
        copies ^= np.uint64(1) << rng.integers(0, 64, planted, dtype=np.uint64)
    hashes[count - planted :] = copies
    return hashes


def _count_near(block: np.ndarray, others: np.ndarray) -> int:
    bits_set = getattr(np, "bitwise_count", count_bits)  # the fastest there is
    return sum(int(np.count_nonzero(bits_set(block ^ other) <= DISTANCE)) for other in others)


BENCHMARK = Benchmark(
    "duplicates",
    f"1/{PART} of comparing every two of {COUNT:,} hashes",
    "all near pairs by moei_toolkit",
    Target(">=", 0.2),
    prepare,
)
