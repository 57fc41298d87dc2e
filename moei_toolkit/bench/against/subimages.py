"""Training samples from a pair store, against a folder of PNG sub-images, as BasicSR prepares them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.crops import Pair, compare, write_pair
from moei_toolkit.bench.against.timing import Work

SIDE, STEP = 480, 240
"""Side of a sub-image, and the distance between two, pixels."""


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to crops of large pairs; ours comes with overviews, which the other has none of."""
    return compare(scale, _write_subimages)


def _write_subimages(images: Sequence[tuple[np.ndarray, np.ndarray]], folder: Path) -> list[Pair]:
    """Write a row of sub-images of every pair, which cost what any other row does."""
    width = images[0][0].shape[1]
    lefts = range(0, max(width - SIDE, 0) + 1, STEP)
    return [
        write_pair(folder, (degraded[:SIDE, left : left + SIDE], clean[:SIDE, left : left + SIDE]))
        for degraded, clean in images
        for left in lefts
    ]


BENCHMARK = Benchmark(
    "subimages", "crops of PNG sub-images", "crops of a pair store", Target(">=", 5), prepare
)
