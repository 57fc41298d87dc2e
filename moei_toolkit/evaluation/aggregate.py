"""Rows added up, a line per data set, weather and policy, as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from moei_toolkit.evaluation.rows import Row


def aggregate_csv(rows: Sequence[Row]) -> str:
    """Return the mean of every metric, of the error and of the cost, with a header.

    Args:
        rows: Of one run; all have the same metrics and costs.
    """
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.dataset, row.degradation, row.policy), []).append(row)
    metrics, costs = sorted(rows[0].metrics) if rows else [], sorted(rows[0].cost) if rows else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["dataset", "weather", "policy", "images", *metrics, *costs, "error", "abstained"])
    for key, mine in sorted(groups.items()):
        means = [np.mean([row.metrics[name] for row in mine]) for name in metrics]
        means += [np.mean([row.cost[name] for row in mine]) for name in costs]
        means += [np.mean([row.error for row in mine]), np.mean([row.abstained for row in mine])]
        writer.writerow([*key, len(mine), *map(float, means)])
    return text.getvalue()
