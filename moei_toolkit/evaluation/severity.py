"""Quality by how bad the weather was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.types import CLEAN

STRATA = {"light": 1 / 3, "medium": 2 / 3, "heavy": 1.0}
"""Name and upper end of each stratum of severity in [0, 1]; the upper end belongs to it."""


@dataclass(frozen=True)
class Stratum:
    """Images of one weather and about one severity.

    Attributes:
        weather: Which.
        name: Of the stratum.
        images: How many.
        quality: Policy -> mean of the metric.
    """

    weather: str
    name: str
    images: int
    quality: dict[str, float]


def by_severity(rows: Sequence[Row], policies: Sequence[str], metric: str) -> list[Stratum]:
    """Return the strata that hold images, by weather and from light to heavy; clean images are left out.

    Args:
        rows: All policies of all images.
        policies: Which to average.
        metric: Name of a metric of the rows.

    Raises:
        DataError: If a severity is not in [0, 1].
    """
    names, ends = list(STRATA), list(STRATA.values())
    values: dict[tuple[str, int], dict[str, list[float]]] = {}
    for row in rows:
        if row.degradation == CLEAN or row.policy not in policies:
            continue
        if not 0 <= row.severity <= 1:
            raise DataError(f"image {row.id!r}: expected a severity in [0, 1], got {row.severity}")
        key = row.degradation, int(np.searchsorted(ends, row.severity))
        values.setdefault(key, {}).setdefault(row.policy, []).append(row.metrics[metric])
    return [
        Stratum(
            weather=weather,
            name=names[stratum],
            images=max(map(len, found.values())),
            quality={policy: float(np.mean(found[policy])) for policy in policies},
        )
        for (weather, stratum), found in sorted(values.items())
    ]
