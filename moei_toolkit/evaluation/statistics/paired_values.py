"""What several policies reached on the same images, as arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import DataError, did_you_mean
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.scenes import scene_of
from moei_toolkit.types import CLEAN


@dataclass(frozen=True)
class PairedValues:
    """Degraded images, ordered by id, under several policies.

    Attributes:
        scenes: (N,) label of the scene of each image.
        weathers: (N,) its degradation.
        of: Policy -> (N, M) value of each metric.
    """

    scenes: np.ndarray
    weathers: np.ndarray
    of: Mapping[str, np.ndarray]


def paired_values(rows: Iterable[Row], policies: Iterable[str], metrics: Sequence[str]) -> PairedValues:
    """Collect the metrics of degraded images.

    Args:
        rows: All policies of all images, in any order.
        policies: Which to collect.
        metrics: Names of M metrics of the rows.

    Raises:
        DataError: If there is no degraded image, or one has a policy twice, or lacks a policy or a finite
            metric; names what.
    """
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.degradation == CLEAN:
            continue
        if row.policy in found.setdefault(row.id, {}):
            raise DataError(f"image {row.id!r}: expected one row per policy, got two of {row.policy!r}")
        found[row.id][row.policy] = row
    if not found:
        raise DataError("expected rows of degraded images, got none")
    images = [image for _, image in sorted(found.items())]
    examples = [next(iter(image.values())) for image in images]
    return PairedValues(
        scenes=np.array([scene_of(row) for row in examples]),
        weathers=np.array([row.degradation for row in examples]),
        of={
            policy: np.array(
                [[_value(row, metric) for metric in metrics] for row in _under(policy, images)], np.float64
            )
            for policy in policies
        },
    )


def _under(policy: str, images: Sequence[Mapping[str, Row]]) -> list[Row]:
    """Return the row of every image under one policy."""
    lacking = [image for image in images if policy not in image]
    if len(lacking) == len(images):
        known = {name for image in images for name in image}
        raise DataError(f"no degraded image has the policy {policy!r}. {did_you_mean(policy, known)}")
    if lacking:
        name = next(iter(lacking[0].values())).id
        raise DataError(
            f"expected every degraded image under the policy {policy!r}, got {len(lacking)} of {len(images)} "
            f"without, such as {name!r}. Evaluate them again, or compare only those that have it."
        )
    return [image[policy] for image in images]


def _value(row: Row, metric: str) -> float:
    value = row.metrics.get(metric)
    if value is None:
        raise DataError(
            f"image {row.id!r}, policy {row.policy!r}: the metric {metric!r} was not computed. "
            f"{did_you_mean(metric, row.metrics)}"
        )
    if not math.isfinite(value):
        raise DataError(f"image {row.id!r}, policy {row.policy!r}: expected a finite {metric}, got {value}")
    return value
