"""How far a mean over scenes could have come out otherwise: the bootstrap, for many columns at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.statistics.scene_sums import ROUNDING, SceneSums

RESAMPLES = 10_000
LEVEL = 0.95
COVERAGE = {6: 0.85, 12: 0.90, 50: 0.94}
"""Scenes -> share of BCa intervals of level 0.95 that hold the mean of a normal distribution, as measured."""

BLOCK = 3 * 2**18
"""Multiplications at a time. This much stays in the cache, and is too little for BLAS to wake its threads."""
FEWEST_ROWS = 8
"""Resamples at a time at least: BLAS multiplies a matrix far faster than as many vectors."""


@dataclass(frozen=True)
class Bootstrap:
    """A mean in each of M columns, and what the same number of scenes could have given instead.

    Attributes:
        observed: (M,) mean over strata of the mean over images.
        distribution: (M, R) the same of every resample; one resample draws the same scenes in all columns.
        percentile: (M, 2) interval between two quantiles of the distribution.
        bca: (M, 2) the same, corrected for bias and acceleration.
    """

    observed: np.ndarray
    distribution: np.ndarray
    percentile: np.ndarray
    bca: np.ndarray


def bootstrap_scenes(
    data: SceneSums, rng: np.random.Generator, resamples: int = RESAMPLES, level: float = LEVEL
) -> Bootstrap:
    """Resample scenes with replacement, each group among itself; a resample without some stratum is redrawn.

    With a single group and stratum the resamples are those that scipy.stats.bootstrap draws from an equal
    generator; further groups draw from generators it spawns.

    Args:
        data: Sums by scene.
        rng: Source of randomness.
        resamples: How many (R).
        level: Of the intervals, in (0, 1).

    Raises:
        DataError: If some stratum is held by one scene only.
        ConfigError: If ``resamples`` or ``level`` is out of range.
    """
    if not 0 < level < 1 or resamples < 1:
        raise ConfigError(f"expected level in (0, 1) and resamples >= 1, got {level} and {resamples}")
    if data.shortfall:
        raise DataError(data.shortfall)
    observed = data.mean()
    drawn = np.ascontiguousarray(np.concatenate([*_resampled_means(data, rng, resamples)]).T)
    plain = np.array([(1 - level) / 2, (1 + level) / 2])
    corrected = bca_tails(drawn, observed, data.without_each(), data.groups, plain)
    ends = np.array([np.quantile(each, [*plain, *own]) for each, own in zip(drawn, corrected, strict=True)])
    return Bootstrap(observed, drawn, percentile=ends[:, :2], bca=ends[:, 2:])


def bca_tails(
    drawn: np.ndarray, observed: np.ndarray, left_out: np.ndarray, groups: tuple[int, ...], tails: np.ndarray
) -> np.ndarray:
    """Return which quantiles bound the bias-corrected and accelerated interval.

    Efron, "Better bootstrap confidence intervals", JASA 1987; the acceleration of several groups as in Efron
    and Tibshirani, "An introduction to the bootstrap", 1993, (15.36).

    Args:
        drawn: (M, R) statistic of the resamples.
        observed: (M,) statistic of the sample.
        left_out: (C, M) statistic without each unit; units of one group lie together.
        groups: Sizes of the groups that units are resampled in.
        tails: (2,) the quantiles to correct, in (0, 1).

    Returns:
        (M, 2), in [0, 1].
    """
    resamples = drawn.shape[1]
    rounding = ROUNDING * np.abs(drawn).max(1)
    below = np.count_nonzero(drawn < (observed - rounding)[:, None], axis=1)
    not_above = np.count_nonzero(drawn <= (observed + rounding)[:, None], axis=1)
    share = (below + not_above) / (2 * resamples)
    # A distribution on one side of the sample has no finite bias; half a resample bounds it.
    bias = stats.norm.ppf(np.clip(share, 0.5 / resamples, 1 - 0.5 / resamples))[:, None]
    shifted = bias + stats.norm.ppf(tails)
    slope = 1 - _acceleration(left_out, groups)[:, None] * shifted
    # A slope that is not positive is past the pole of the correction: the end is the farthest resample.
    return np.asarray(stats.norm.cdf(bias + shifted / np.maximum(slope, np.finfo(float).eps)))


def _acceleration(left_out: np.ndarray, groups: tuple[int, ...]) -> np.ndarray:
    squares, cubes = np.zeros((2, left_out.shape[1]))
    for part in np.split(left_out, np.cumsum(groups)[:-1]):
        influence = (len(part) - 1) / len(part) * (part.mean(0) - part)
        squares += (influence**2).sum(0)
        cubes += (influence**3).sum(0)
    return np.divide(cubes, 6 * squares**1.5, out=np.zeros_like(cubes), where=squares > 0)


def _resampled_means(data: SceneSums, rng: np.random.Generator, resamples: int) -> Iterator[np.ndarray]:
    """Yield means (r, M) of resamples, ``resamples`` altogether, a block at a time."""
    scenes, _, columns = data.sums.shape
    table = np.concatenate([data.sums, data.counts[..., None]], 2)
    spans = [slice(held[0], held[-1] + 1) for held in map(np.flatnonzero, data.counts.T)]
    parts = [(span, np.ascontiguousarray(table[span, number])) for number, span in enumerate(spans)]
    # Each group has a generator of its own, so that the size of a block does not change what is drawn.
    streams = [rng, *rng.spawn(len(data.groups) - 1)]
    rows = max(FEWEST_ROWS, BLOCK // (scenes * (columns + 1)))
    while resamples:
        weights = times_drawn(data.groups, streams, min(rows, resamples))
        totals = np.stack([weights[:, span] @ part for span, part in parts], 1)
        totals = totals[(totals[..., -1] > 0).all(1)]
        resamples -= len(totals)
        yield (totals[..., :-1] / totals[..., -1:]).mean(1)


def times_drawn(groups: Sequence[int], streams: Sequence[np.random.Generator], rows: int) -> np.ndarray:
    """Draw as many units from each group as it has, with replacement, and count them.

    Args:
        groups: Sizes of the groups; they add up to C.
        streams: Source of randomness of each group.
        rows: How often.

    Returns:
        (rows, C)
    """
    units = sum(groups)
    offsets = units * np.arange(rows)[:, None]
    drawn = np.empty((rows, units), np.intp)
    ends = np.cumsum(groups).tolist()
    for size, stop, stream in zip(groups, ends, streams, strict=True):
        start = stop - size
        np.add(stream.integers(start, stop, (rows, size), np.int32), offsets, out=drawn[:, start:stop])
    return np.bincount(drawn.reshape(-1), minlength=drawn.size).reshape(drawn.shape).astype(np.float64)
