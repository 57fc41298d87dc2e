"""How far runs of one config are apart that differ in their seed alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.evaluation.quality import macro_psnr
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.rows import Row


@dataclass(frozen=True)
class SeededRun:
    """What one of them came to.

    Attributes:
        seed: Of everything random in it.
        psnr: Policy -> macro PSNR, dB.
        agreement: Share of images whose most probable expert is the oracle's.
    """

    seed: int
    psnr: Mapping[str, float]
    agreement: float


def judge_seed(seed: int, rows: Sequence[Row]) -> SeededRun:
    """Return what a run came to.

    Raises:
        DataError: If the rows are not complete.
    """
    return SeededRun(seed, macro_psnr(rows), float(decisions_of(rows).right.mean()))


def spread_of(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and standard deviation of a run, estimated from N >= 2 of them (divided by N - 1)."""
    return float(np.mean(values)), float(np.std(values, ddof=1))
