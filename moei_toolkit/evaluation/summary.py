"""What the rows of a run add up to: quality per weather and policy, and how good the decisions were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.confidence import expected_calibration_error
from moei_toolkit.evaluation.routing import is_collapsed, regret, utilization
from moei_toolkit.evaluation.rows import EXPERT_PREFIX, Row
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, INPUT, ORACLE, most_probable

Summary = dict[str, Any]


def summarize_rows(rows: Sequence[Row], task_of_expert: Mapping[str, str], bins: int = 15) -> Summary:
    """Derive every figure of the closing summary from the rows.

    Args:
        rows: All policies of all images.
        task_of_expert: Which task each expert serves.
        bins: Equal-width bins of the expected calibration error.

    Returns:
        JSON values: ``quality`` (task -> policy -> metric -> mean), ``macro`` (mean over tasks, clean images
        left out), ``clean`` (policy -> smallest and mean PSNR), and ``decisions`` (agreement, ECE and its
        bins, abstention, gap, shares).

    Raises:
        DataError: If there are no rows of degraded images, or an image lacks a policy.
    """
    _require_complete(rows)
    tasks = sorted({row.degradation for row in rows} - {CLEAN})
    if not tasks:
        raise DataError(f"expected rows of degraded images, got {len(rows)} rows and no such image")
    quality = {task: _by_policy(row for row in rows if row.degradation == task) for task in tasks}
    return {
        "images": {
            task: len({row.id for row in rows if row.degradation == task}) for task in [*tasks, CLEAN]
        },
        "quality": quality,
        "macro": _macro(list(quality.values())),
        "clean": _clean(rows),
        "decisions": _decisions(rows, task_of_expert, bins),
    }


def _require_complete(rows: Sequence[Row]) -> None:
    policies = {row.policy for row in rows} | {INPUT, DENSE, ACTUAL, ORACLE}
    for image in {row.id for row in rows}:
        mine = [row.policy for row in rows if row.id == image]
        if len(mine) != len(set(mine)) or set(mine) != policies:
            raise DataError(
                f"image {image!r}: expected one row per policy {sorted(policies)}, got {sorted(mine)}"
            )


def _by_policy(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    collected: dict[str, list[Row]] = {}
    for row in rows:
        collected.setdefault(row.policy, []).append(row)
    return {
        policy: {name: float(np.mean([row.metrics[name] for row in mine])) for name in mine[0].metrics}
        for policy, mine in collected.items()
    }


def _macro(quality: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        policy: {name: float(np.mean([task[policy][name] for task in quality])) for name in metrics}
        for policy, metrics in quality[0].items()
    }


def _clean(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    psnr: dict[str, list[float]] = {}
    for row in rows:
        if row.degradation == CLEAN and row.policy != INPUT:
            psnr.setdefault(row.policy, []).append(row.metrics["psnr"])
    return {
        policy: {"min_psnr": min(values), "mean_psnr": float(np.mean(values))}
        for policy, values in psnr.items()
    }


@dataclass(frozen=True)
class Outcomes:
    """How the decision on every degraded image turned out.

    Attributes:
        confidence: (N,) in [0, 1].
        chosen: (N,) number of the most probable expert, in the order of the probabilities.
        right: (N,) bool: it was the oracle's.
        gap: (N,) by how many dB of PSNR the result stays below the oracle's.
    """

    confidence: np.ndarray
    chosen: np.ndarray
    right: np.ndarray
    gap: np.ndarray


def outcomes_of(rows: Sequence[Row]) -> Outcomes:
    """Return the outcome of every decision on a degraded image, in the order of the rows."""
    actual, oracle = _decided(rows)
    experts = list(actual[0].probabilities)
    errors = _errors(rows, [row.id for row in actual], experts)
    chosen = [experts.index(most_probable(row.probabilities)) for row in actual]
    gap = [best.metrics["psnr"] - row.metrics["psnr"] for row, best in zip(actual, oracle, strict=True)]
    return Outcomes(
        confidence=np.array([row.confidence for row in actual]),
        chosen=np.array(chosen),
        right=regret(-errors, -errors[np.arange(len(errors)), chosen]) <= 0,
        gap=np.array(gap),
    )


def _decided(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the actual and the oracle's row of every degraded image."""
    oracle = {row.id: row for row in rows if row.policy == ORACLE}
    actual = [row for row in rows if row.policy == ACTUAL and row.degradation != CLEAN]
    return actual, [oracle[row.id] for row in actual]


def _decisions(rows: Sequence[Row], task_of_expert: Mapping[str, str], bins: int) -> Summary:
    actual, oracle = _decided(rows)
    outcomes = outcomes_of(rows)
    experts = list(actual[0].probabilities)
    chosen = [experts[index] for index in outcomes.chosen]
    shares = utilization(outcomes.chosen, len(experts))
    routes = [*experts, DENSE]
    return {
        "agreement": float(outcomes.right.mean()),
        "agreement_with_weather": float(
            np.mean([task_of_expert[c] == row.degradation for c, row in zip(chosen, actual, strict=True)])
        ),
        "oracle_is_weather": float(
            np.mean([task_of_expert[best.route] == best.degradation for best in oracle])
        ),
        "ece": expected_calibration_error(outcomes.confidence, outcomes.right, bins),
        "bins": bins,
        "abstained": float(np.mean([row.abstained for row in actual])),
        "oracle_gap_psnr": float(outcomes.gap.mean()),
        "largest_share": float(shares.max()),
        "collapsed": is_collapsed(shares),
        "share": {route: float(np.mean([row.route == route for row in actual])) for route in routes},
    }


def _errors(rows: Sequence[Row], ids: Sequence[str], experts: Sequence[str]) -> np.ndarray:
    """Return the error of every expert on every image, (N, K)."""
    found = {(row.id, row.policy): row.error for row in rows}
    return np.array([[found[image, f"{EXPERT_PREFIX}{name}"] for name in experts] for image in ids])


def expert_gains(rows: Sequence[Row], task_of_expert: Mapping[str, str]) -> dict[str, float]:
    """Return by how many dB each expert beats dense on its own task, where that was tested."""
    gains = {}
    tested = {row.degradation for row in rows}
    for name, task in task_of_expert.items():
        if task not in tested:
            continue
        mine = _by_policy(row for row in rows if row.degradation == task)
        gains[name] = mine[f"{EXPERT_PREFIX}{name}"]["psnr"] - mine[DENSE]["psnr"]
    return gains
