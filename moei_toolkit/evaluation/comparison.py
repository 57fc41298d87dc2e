"""Is one policy really better than another?

Images of one scene are no independent samples, so everything here counts scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.types import CLEAN

RESAMPLES = 10_000
LEVEL = 0.95


@dataclass(frozen=True)
class Comparison:
    """How much better one policy is than another.

    Attributes:
        difference: Mean over strata of the mean over images, in the unit of the metric.
        low: Lower end of its interval.
        high: Upper end of its interval.
        level: What share of such intervals holds the true difference.
        scenes: How many scenes the interval and the tests rest on.
        cohens_d: Mean over standard deviation of the differences of scenes (d_z); None when all are equal.
        p_t: Of a paired t-test over scenes, two-sided.
        p_wilcoxon: Of Wilcoxon's signed-rank test over scenes, two-sided.
    """

    difference: float
    low: float
    high: float
    level: float
    scenes: int
    cohens_d: float | None
    p_t: float
    p_wilcoxon: float


def compare_policies(
    rows: Sequence[Row], first: str, second: str, metric: str, rng: np.random.Generator
) -> dict[str, Comparison]:
    """Compare two policies on every weather and on all of them ("macro"); clean images are left out.

    Args:
        rows: All policies of all images.
        first: The policy expected to be better.
        second: The policy it is compared with.
        metric: Name of a metric of the rows, higher is better.
        rng: Of the bootstrap.

    Returns:
        Weather -> comparison, sorted, and "macro" last.

    Raises:
        DataError: If a policy lacks an image, or there are fewer than two scenes of a weather.
    """
    found = {(row.id, row.policy): row for row in rows if row.degradation != CLEAN}
    pairs = [(row, found.get((row.id, second))) for row in found.values() if row.policy == first]
    if not pairs or any(other is None for _, other in pairs):
        raise DataError(f"expected every image under both {first!r} and {second!r}")
    differences = np.array([row.metrics[metric] - other.metrics[metric] for row, other in pairs if other])
    scenes = np.array([f"{row.dataset}/{row.scene_id}" for row, _ in pairs])
    weathers = np.array([row.degradation for row, _ in pairs])
    result = {}
    for weather in sorted(set(weathers.tolist())):
        mine = weathers == weather
        result[weather] = compare(differences[mine], scenes[mine], weathers[mine], rng)
    return {**result, "macro": compare(differences, scenes, weathers, rng)}


def compare(
    differences: np.ndarray,
    scenes: np.ndarray,
    strata: np.ndarray,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Comparison:
    """Summarise paired differences by a BCa bootstrap over scenes and tests on the means of scenes.

    Scenes that hold the same strata are resampled among themselves, so that no stratum is ever empty. The
    interval is corrected for bias and acceleration (Efron, JASA 1987), the acceleration by the jackknife
    over scenes.

    Args:
        differences: (N,) of images.
        scenes: (N,) label of the scene of each image.
        strata: (N,) label of what the mean is macro-averaged over.
        rng: Source of randomness.
        resamples: How many.
        level: Of the interval, in (0, 1).

    Raises:
        DataError: If values are not finite, lengths differ, or only one scene holds some set of strata.
        ConfigError: If ``resamples`` or ``level`` is out of range.
    """
    if not 0 < level < 1 or resamples < 1:
        raise ConfigError(f"expected level in (0, 1) and resamples >= 1, got {level} and {resamples}")
    sums, counts, kinds = _per_scene(np.asarray(differences, np.float64), scenes, strata)
    observed = float(_macro(sums.sum(0), counts.sum(0)))
    drawn = _macro(*_resampled(sums, counts, kinds, rng, resamples))
    low, high = bca_interval(drawn, observed, _without_each(sums, counts), kinds, level)
    of_scene = np.nanmean(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), 1)
    return Comparison(observed, low, high, level, len(of_scene), *_tests(of_scene))


def bca_interval(
    drawn: np.ndarray, observed: float, left_out: np.ndarray, kinds: np.ndarray, level: float
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval.

    Args:
        drawn: (R,) statistic of the resamples.
        observed: Statistic of the sample.
        left_out: (C,) statistic without each unit.
        kinds: (C,) number of the group that each unit is resampled in, from 0.
        level: Of the interval.
    """
    if np.ptp(drawn) == 0:
        return float(drawn[0]), float(drawn[0])
    share = (np.mean(drawn < observed) + np.mean(drawn <= observed)) / 2
    # A bootstrap distribution on one side of the sample has no finite bias; half a resample bounds it.
    bias = stats.norm.ppf(np.clip(share, 0.5 / len(drawn), 1 - 0.5 / len(drawn)))
    sizes = np.bincount(kinds)[kinds]
    influence = (sizes - 1) * (np.bincount(kinds, left_out)[kinds] / sizes - left_out)
    spread = (influence**2 / sizes**2).sum() ** 1.5
    acceleration = (influence**3 / sizes**3).sum() / (6 * spread) if spread else 0.0
    tails = bias + stats.norm.ppf([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(drawn, stats.norm.cdf(bias + tails / (1 - acceleration * tails)))
    return float(low), float(high)


def _per_scene(
    differences: np.ndarray, scenes: np.ndarray, strata: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sums and counts (C, S), and which set of strata each scene holds (C,)."""
    if not (len(differences) == len(scenes) == len(strata)) or not np.isfinite(differences).all():
        raise DataError(
            f"expected as many finite differences as labels, got {len(differences)}, {len(scenes)} and "
            f"{len(strata)}"
        )
    scene_names, scene = np.unique(scenes, return_inverse=True)
    stratum_names, stratum = np.unique(strata, return_inverse=True)
    sums = np.zeros((len(scene_names), len(stratum_names)))
    counts = np.zeros_like(sums)
    np.add.at(sums, (scene, stratum), differences)
    np.add.at(counts, (scene, stratum), 1)
    _, kinds, sizes = np.unique(counts > 0, axis=0, return_inverse=True, return_counts=True)
    if not len(sizes) or sizes.min() < 2:
        raise DataError(
            f"an interval needs two scenes or more of every kind, got {len(scene_names)} scenes. "
            "Test on more scenes."
        )
    return sums, counts, kinds.reshape(-1)


def _macro(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.asarray((sums / counts).mean(-1))


def _resampled(
    sums: np.ndarray, counts: np.ndarray, kinds: np.ndarray, rng: np.random.Generator, resamples: int
) -> tuple[np.ndarray, np.ndarray]:
    weights = np.zeros((resamples, len(sums)))
    for kind in range(kinds.max() + 1):
        mine = np.flatnonzero(kinds == kind)
        weights[:, mine] = rng.multinomial(len(mine), np.full(len(mine), 1 / len(mine)), resamples)
    return weights @ sums, weights @ counts


def _without_each(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return _macro(sums.sum(0) - sums, counts.sum(0) - counts)


def _tests(of_scene: np.ndarray) -> tuple[float | None, float, float]:
    """Return Cohen's d and the two p values; without any difference nothing speaks for one."""
    if not of_scene.any():
        return None, 1.0, 1.0
    p_wilcoxon = float(stats.wilcoxon(of_scene).pvalue)
    spread = of_scene.std(ddof=1)
    if not spread:
        return None, 0.0, p_wilcoxon
    return float(of_scene.mean() / spread), float(stats.ttest_1samp(of_scene, 0).pvalue), p_wilcoxon
