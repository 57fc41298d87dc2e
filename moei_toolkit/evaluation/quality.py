"""How good the restored images are: by weather and policy, and over all weathers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.statistics.comparisons import MACRO
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, EXPERT_PREFIX, INPUT, ORACLE

HMEAN = "H-mean"
"""Stands beside weathers as the macro mean does."""

Means = dict[str, dict[str, float]]
"""Policy -> metric -> value."""


@dataclass(frozen=True)
class Quality:
    """What every policy reached.

    Attributes:
        images: Weather, or ``"clean"`` -> how many images.
        weathers: Weather -> policy -> metric -> mean over images.
        macro: Policy -> metric -> mean over weathers.
        hmean: Policy -> metric -> harmonic mean over weathers, in the unit of the metric. A distance, of
            which less is better, enters as 1 - distance and comes back as 1 - mean.
        clean: Policy -> smallest and mean PSNR of clean images, dB; empty without any.
    """

    images: dict[str, int]
    weathers: dict[str, Means]
    macro: Means
    hmean: Means
    clean: dict[str, dict[str, float]]


def measure_quality(rows: Sequence[Row], higher_is_better: Mapping[str, bool]) -> Quality:
    """Average the metrics of rows.

    Args:
        rows: All policies of all images.
        higher_is_better: Metric -> its direction.

    Raises:
        DataError: If there is no degraded image, an image lacks a policy or has it twice, or a row lacks a
            metric.
    """
    require_complete(rows, list(higher_is_better))
    weathers = {name: _means(row for row in rows if row.degradation == name) for name in weathers_of(rows)}
    return Quality(
        images={
            name: len({row.id for row in rows if row.degradation == name})
            for name in sorted({row.degradation for row in rows})
        },
        weathers=weathers,
        macro=_over(list(weathers.values()), lambda metric, values: float(np.mean(values))),
        hmean=_over(
            list(weathers.values()), lambda metric, values: _harmonic(values, higher_is_better[metric])
        ),
        clean=_clean(rows),
    )


def macro_label(weathers: int, mean: str = MACRO) -> str:
    """Return what a mean over weathers is called; that over one is no mean."""
    return mean if weathers > 1 else f"{mean} (one weather)"


def macro_psnr(rows: Sequence[Row]) -> dict[str, float]:
    """Return policy -> mean over weathers of the mean PSNR, dB.

    Raises:
        DataError: If there is no degraded image.
    """
    weathers = [_means(row for row in rows if row.degradation == name) for name in weathers_of(rows)]
    return {
        policy: float(np.mean([means[policy]["psnr"] for means in weathers]))
        for policy in weathers[0]
        if all(policy in means for means in weathers)
    }


def weathers_of(rows: Iterable[Row]) -> list[str]:
    """Return the degradations of the rows but for clean, sorted; see `judged_weathers`."""
    return judged_weathers(row.degradation for row in rows)


def judged_weathers(degradations: Iterable[str]) -> list[str]:
    """Return the degradations but for clean, each once, sorted.

    Raises:
        DataError: If there are none, or one is called like a mean over weathers.
    """
    names = sorted(set(degradations) - {CLEAN})
    if not names:
        raise DataError("expected degraded images, got none")
    for name in (MACRO, HMEAN):
        if name in names:
            raise DataError(f"expected another name of a weather than {name!r}: that is a mean over weathers")
    return names


def require_complete(rows: Sequence[Row], metrics: Sequence[str]) -> None:
    """Refuse rows that do not hold every image under every policy exactly once, with these metrics.

    Every policy is every one of any row, and ``"expert.NAME"`` of every expert that has a probability. The
    rows of one image say the same of it.

    Raises:
        DataError: Names the first image that does not.
    """
    policies = {row.policy for row in rows} | {INPUT, DENSE, ACTUAL, ORACLE}
    policies |= {f"{EXPERT_PREFIX}{name}" for row in rows for name in row.probabilities}
    by_image: dict[str, list[Row]] = {}
    for row in rows:
        by_image.setdefault(row.id, []).append(row)
        _require_metrics(row, metrics)
    for image, mine in by_image.items():
        _require_policies(image, [row.policy for row in mine], policies)
        for name in ("dataset", "scene_id", "degradation", "severity"):
            if len(said := {getattr(row, name) for row in mine}) > 1:
                raise DataError(f"image {image!r}: expected one {name}, got {sorted(said)}")


def _require_metrics(row: Row, metrics: Sequence[str]) -> None:
    where = f"image {row.id!r}, policy {row.policy!r}"
    if row.metrics.keys() != set(metrics):
        raise DataError(f"{where}: expected the metrics {sorted(metrics)}, got {sorted(row.metrics)}")
    for name, value in row.metrics.items():
        if not math.isfinite(value):
            raise DataError(f"{where}: expected a finite {name}, got {value}")


def _require_policies(image: str, mine: Sequence[str], policies: set[str]) -> None:
    missing = sorted(policies - set(mine))
    twice = sorted({policy for policy in mine if mine.count(policy) > 1})
    if missing or twice:
        raise DataError(
            f"image {image!r}: expected one row per policy {sorted(policies)}; "
            f"missing {missing}, more than once {twice}"
        )


def gains_over(rows: Iterable[Row], policies: Mapping[str, str], other: str) -> dict[str, float]:
    """Return by how many dB of PSNR each policy beats another on one weather.

    Args:
        rows: All policies of all images.
        policies: Policy -> the weather it is judged on; a weather without images is left out.
        other: The policy it is compared with.
    """
    psnr: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        psnr.setdefault((row.degradation, row.policy), []).append(row.metrics["psnr"])
    return {
        policy: float(np.mean(psnr[weather, policy]) - np.mean(psnr[weather, other]))
        for policy, weather in policies.items()
        if (weather, policy) in psnr
    }


def _means(rows: Iterable[Row]) -> Means:
    collected: dict[str, list[Row]] = {}
    for row in rows:
        collected.setdefault(row.policy, []).append(row)
    return {
        policy: {name: float(np.mean([row.metrics[name] for row in mine])) for name in mine[0].metrics}
        for policy, mine in collected.items()
    }


def _over(weathers: Sequence[Means], mean: Callable[[str, list[float]], float]) -> Means:
    return {
        policy: {metric: mean(metric, [found[policy][metric] for found in weathers]) for metric in metrics}
        for policy, metrics in weathers[0].items()
    }


def _harmonic(values: Sequence[float], higher_is_better: bool) -> float:
    if higher_is_better:
        return float(stats.hmean(np.maximum(values, 0)))
    return float(1 - stats.hmean(np.maximum(1 - np.asarray(values), 0)))


def _clean(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    psnr: dict[str, list[float]] = {}
    for row in rows:
        if row.degradation == CLEAN and row.policy != INPUT:
            psnr.setdefault(row.policy, []).append(row.metrics["psnr"])
    return {
        policy: {"min_psnr": min(values), "mean_psnr": float(np.mean(values))}
        for policy, values in psnr.items()
    }
