"""Which image a training sample is of: a degradation by its share, then one of its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError, did_you_mean

LEAST = 0.05
"""The least severity that an image is drawn by, as a share of the largest."""


class RecordMix:
    """Draws records.

    Args:
        records: Images to draw from.
        mix: Share of every degradation, "clean" included; need not sum to 1.
        tasks: Names of all degradations, in an order that the draws follow.
        severity_bias: Images of one degradation are drawn in proportion to severity ** severity_bias: evenly
            when 0, severe ones more often when above it. Those of a degradation without severities, as clean
            images, are drawn evenly.
        size_bias: Images are also drawn in proportion to sqrt(width * height) ** size_bias: evenly when 0,
            as often as they have pixels when 2.

    Raises:
        DataError: When a degradation of the mix has no records or is not among the tasks.
    """

    def __init__(
        self,
        records: Sequence[Record],
        mix: Mapping[str, float],
        tasks: Sequence[str],
        severity_bias: float = 0.0,
        size_bias: float = 0.0,
    ) -> None:
        # In the order of the tasks, so that a mix written in another order draws the same records.
        order = {name: position for position, name in enumerate(tasks)}
        drawn = (name for name, share in mix.items() if share > 0)
        self._names = sorted(drawn, key=lambda name: order.get(name, len(order)))
        self._shares = _normalise(mix, self._names)
        self._groups = {name: _of(records, name, tasks) for name in self._names}
        self._sums = {
            name: _cumulated(_by_severity(group, severity_bias) * _by_size(group, size_bias))
            for name, group in self._groups.items()
        }

    def draw(self, rng: np.random.Generator) -> Record:
        """Draw a record."""
        name = self._names[int(rng.choice(len(self._names), p=self._shares))]
        group, sums = self._groups[name], self._sums[name]
        if sums is None:
            return group[int(rng.integers(len(group)))]
        return group[int(np.searchsorted(sums[:-1], rng.random() * sums[-1], side="right"))]


def _cumulated(weights: np.ndarray) -> np.ndarray | None:
    """Return the running sum of the weights of a group; None when all weigh the same."""
    return None if np.ptp(weights) == 0 else np.cumsum(weights)


def _by_severity(group: Sequence[Record], bias: float) -> np.ndarray:
    severities = np.array([record.severity for record in group])
    if not severities.any():
        return np.ones(len(group))
    # Divided by the largest, so that a large bias leaves something to draw by; an estimate of nothing is
    # no reason never to show an image.
    return np.maximum(severities / severities.max(), LEAST) ** bias


def _by_size(group: Sequence[Record], bias: float) -> np.ndarray:
    sides = np.sqrt([float(record.width * record.height) for record in group])
    return (sides / sides.max()) ** bias


def _normalise(mix: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
    shares = np.array([mix[name] for name in names], np.float64)
    if not len(names) or any(share < 0 for share in mix.values()):
        raise DataError(f"mix: expected shares >= 0 with at least one above 0, got {dict(mix)}.")
    return shares / shares.sum()


def _of(records: Sequence[Record], name: str, tasks: Sequence[str]) -> list[Record]:
    if name not in tasks:
        raise DataError(f"mix: {name!r} is not among the tasks. {did_you_mean(name, tasks)}")
    group = [record for record in records if record.degradation == name]
    if not group:
        known = {record.degradation for record in records}
        raise DataError(f"mix: there are no records of {name!r}. {did_you_mean(name, known)}")
    return group
