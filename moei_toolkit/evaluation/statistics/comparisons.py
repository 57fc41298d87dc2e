"""Is one policy really better than another? Pairs of policies in several metrics, on every weather."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.statistics.bootstrap import LEVEL, RESAMPLES, bootstrap_scenes
from moei_toolkit.evaluation.statistics.paired_tests import PairedTests, paired_tests
from moei_toolkit.evaluation.statistics.paired_values import paired_values
from moei_toolkit.evaluation.statistics.scene_sums import SceneSums, sum_by_scene

MACRO = "macro"
"""Stands for all weathers, each with the same weight."""


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``."""

    low: float
    high: float


@dataclass(frozen=True)
class Significance:
    """How sure a difference is; all of it counts scenes, and has the sign of the difference.

    Attributes:
        level: What share of such intervals holds the true difference.
        bca: Bootstrap interval, corrected for bias and acceleration: the one to quote.
        percentile: Bootstrap interval without the corrections.
        tests: On the means of scenes.
    """

    level: float
    bca: Interval
    percentile: Interval
    tests: PairedTests


@dataclass(frozen=True)
class Comparison:
    """One policy against another, in one metric on one weather.

    Attributes:
        first: Policy.
        second: The policy it is compared with.
        metric: Name.
        higher_is_better: Whether a positive difference speaks for the first policy.
        weather: Which, or ``"macro"``.
        images: How many.
        scenes: How many they show.
        difference: First minus second in the unit of the metric, mean over images; over weathers for macro.
        significance: None when there are too few scenes to tell.
        reason: Why there is none; None when there is.
    """

    first: str
    second: str
    metric: str
    higher_is_better: bool
    weather: str
    images: int
    scenes: int
    difference: float
    significance: Significance | None
    reason: str | None

    @property
    def finding(self) -> Literal["better", "worse", "open"]:
        """What the first policy is, if the BCa interval and the t-test exclude 0 on the same side; else open.

        Of few scenes the interval alone is too narrow (`COVERAGE`), and the t-test is not. It is on means of
        scenes, each with the same weight: where scenes of many images say otherwise than the others, the
        two disagree. Differences that are all the same have no spread that either could judge by.
        """
        found = self.significance
        if found is None or found.bca.low <= 0 <= found.bca.high or found.tests.p_t >= 1 - found.level:
            return "open"
        effect, is_above = found.tests.cohens_d, found.bca.low > 0
        if effect is None or (effect > 0) != is_above:
            return "open"
        return "better" if is_above == self.higher_is_better else "worse"


def comparison_from(value: Mapping[str, Any]) -> Comparison:
    """Return the comparison that ``dataclasses.asdict`` made plain data of."""
    sure = value["significance"]
    if sure is None:
        return Comparison(**value)
    intervals = {name: Interval(**sure[name]) for name in ("bca", "percentile")}
    tests = PairedTests(**sure["tests"])
    return Comparison(**{**value, "significance": Significance(sure["level"], tests=tests, **intervals)})


def compare_all(
    rows: Sequence[Row],
    pairs: Sequence[tuple[str, str]],
    metrics: Mapping[str, bool],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> tuple[Comparison, ...]:
    """Compare pairs of policies on every weather and on all of them; clean images are left out.

    All pairs and metrics share the resamples of a weather, and these do not depend on which other pairs,
    metrics and weathers there are.

    Args:
        rows: All policies of all images.
        pairs: First the policy expected to be better, then the one it is compared with.
        metrics: Name -> whether higher is better.
        rng: Of the bootstrap.
        resamples: How many.
        level: Of the intervals, in (0, 1).

    Returns:
        By pair and metric, as asked, then by weather, sorted, ``"macro"`` last.

    Raises:
        DataError: If there is no degraded image, or one of them lacks a policy or a finite metric.
        ConfigError: If ``resamples`` or ``level`` is out of range.
    """
    if not pairs or not metrics:
        return ()
    values = paired_values(rows, sorted({policy for pair in pairs for policy in pair}), list(metrics))
    differences = np.concatenate([values.of[first] - values.of[second] for first, second in pairs], 1)
    seed = int(rng.integers(2**63))
    found = {}
    for weather in [*sorted(set(values.weathers.tolist())), MACRO]:
        mine = (values.weathers == weather) | (weather == MACRO)
        data = sum_by_scene(differences[mine], values.scenes[mine], values.weathers[mine])
        found[weather] = data, data.mean(), _significance(data, np.random.default_rng(seed), resamples, level)
    asked = [(pair, metric) for pair in pairs for metric in metrics]
    return tuple(
        Comparison(
            *pair,
            metric=metric,
            higher_is_better=metrics[metric],
            weather=weather,
            images=int(data.counts.sum()),
            scenes=len(data.counts),
            difference=float(mean[column]),
            significance=significance[column],
            reason=data.shortfall,
        )
        for column, (pair, metric) in enumerate(asked)
        for weather, (data, mean, significance) in found.items()
    )


def _significance(
    data: SceneSums, rng: np.random.Generator, resamples: int, level: float
) -> Sequence[Significance | None]:
    if data.shortfall:
        return [None] * data.sums.shape[-1]
    drawn = bootstrap_scenes(data, rng, resamples, level)
    tests = paired_tests(data.of_scenes())
    return [
        Significance(level, Interval(*bca), Interval(*percentile), tested)
        for bca, percentile, tested in zip(drawn.bca.tolist(), drawn.percentile.tolist(), tests, strict=True)
    ]
