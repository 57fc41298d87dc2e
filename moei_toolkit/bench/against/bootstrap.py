"""Paired bootstrap of many policies and metrics at once against scipy, pair by pair; no image is involved.

Every image is a scene of its own: the most work, and the case in which scipy finds the same intervals. Given
differences instead of pairs, scipy would take half as long.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.evaluation.statistics.bootstrap import RESAMPLES, bootstrap_scenes
from moei_toolkit.evaluation.statistics.scene_sums import sum_by_scene

POLICIES, METRICS, IMAGES = 8, 3, 600


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to compare policies with one other; the scale has no say in it."""
    values = np.random.default_rng(0).normal(25, 2, (POLICIES * METRICS, IMAGES))
    others = np.tile(np.random.default_rng(1).normal(24, 2, (METRICS, IMAGES)), (POLICIES, 1))
    scenes, weathers = np.arange(IMAGES), np.full(IMAGES, "rain")

    def reference() -> None:
        for pair in zip(values, others, strict=True):
            stats.bootstrap(
                pair,
                _mean_difference,
                paired=True,
                vectorized=True,
                n_resamples=RESAMPLES,
                method="BCa",
                rng=np.random.default_rng(2),
            )

    def all_at_once() -> None:
        bootstrap_scenes(sum_by_scene((values - others).T, scenes, weathers), np.random.default_rng(2))

    return reference, all_at_once


def _mean_difference(first: np.ndarray, second: np.ndarray, axis: int) -> np.ndarray:
    return np.mean(first - second, axis=axis)


BENCHMARK = Benchmark(
    "bootstrap", "paired bootstrap by scipy", "by moei_toolkit, all pairs at once", Target(">=", 20), prepare
)
