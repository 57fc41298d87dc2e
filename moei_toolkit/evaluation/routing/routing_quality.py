"""Everything about the routes of a run in one place: agreement, regret, balance, and abstentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.routing.fallback import Fallbacks, judge_fallbacks
from moei_toolkit.evaluation.routing.scores import agreement, regret, utilization

TOLERANCE = 0.05
"""Experts this close (dB) may be taken for each other."""


@dataclass(frozen=True)
class RoutingQuality:
    """How good the routes of a run were, among K experts.

    Attributes:
        tolerance: What "almost" means here, dB.
        agreement: Share of images whose chosen expert is the oracle's, or exactly as good.
        agreement_within: Share whose chosen expert is at most ``tolerance`` below the best.
        indifferent: Share whose experts all lie within less than ``tolerance``, so that any choice is right.
        regret_mean: What the chosen expert lost against the best one, dB, before any abstention.
        regret_p95: The same at the 95th percentile of images.
        oracle_gap: By how much the oracle beats what came out, after abstentions, mean in dB; below 0 where
            abstaining gained more than choosing lost.
        utilization: (K,) share of images each expert was chosen for, trusted or not.
        taken: (K + 1,) share of images restored along each route, dense last.
        largest_share: The largest of ``utilization``.
        fallback: Abstentions, by weather and severity.
    """

    tolerance: float
    agreement: float
    agreement_within: float
    indifferent: float
    regret_mean: float
    regret_p95: float
    oracle_gap: float
    utilization: tuple[float, ...]
    taken: tuple[float, ...]
    largest_share: float
    fallback: Fallbacks


def judge_routing(
    quality: np.ndarray,
    dense: np.ndarray,
    chosen: np.ndarray,
    abstained: np.ndarray,
    weathers: np.ndarray | Sequence[str],
    severity: np.ndarray,
    errors: np.ndarray | None = None,
    tolerance: float = TOLERANCE,
    taken: np.ndarray | None = None,
    achieved: np.ndarray | None = None,
) -> RoutingQuality:
    """Measure the decisions of a router in every way the toolkit knows.

    Pass degraded images that are balanced over the weathers: a clean image has no right expert, and where
    one weather prevails, one expert prevails without any collapse.

    Args:
        quality: (N, K) of every expert on every image, PSNR in dB.
        dense: (N,) of the dense route, dB.
        chosen: (N,) index of the most probable expert, trusted or not.
        abstained: (N,) bool.
        weathers: (N,) degradation of each image.
        severity: (N,) in [0, 1].
        errors: (N, K) of every expert, if the oracle goes by least error; by most quality when None.
        tolerance: In dB, >= 0.
        taken: (N,) index of the expert that restored the image, K for dense; as decided when None.
        achieved: (N,) of what came out, dB; as decided when None. Images that were misrouted on purpose took
            another route than was decided.

    Raises:
        DataError: Empty, NaN, lengths that do not fit, no expert of that index, or a severity out of range.
        ConfigError: If ``tolerance`` is negative.
    """
    table = np.asarray(quality, np.float64)
    merit = table if errors is None else -np.asarray(errors, np.float64)
    if merit.shape != table.shape:
        raise DataError(f"expected an error for each quality {table.shape}, got {merit.shape}")
    agreed, images, experts = agreement(merit, chosen), np.arange(len(table)), table.shape[1]
    fallback, gave_up, names, levels = _columns(
        len(table), dense=dense, abstained=abstained, weathers=weathers, severity=severity
    )
    routed, oracle = table[images, chosen], table[images, merit.argmax(1)]
    lost, shares = regret(table, routed), utilization(chosen, experts)
    came_out = np.asarray(np.where(gave_up, fallback, routed) if achieved is None else achieved, np.float64)
    route = np.asarray(np.where(gave_up, experts, chosen) if taken is None else taken)
    _require_outcomes(route, came_out, len(table))
    return RoutingQuality(
        tolerance=tolerance,
        agreement=agreed,
        agreement_within=agreement(table, chosen, tolerance),
        indifferent=float(np.mean(np.ptp(table, axis=1) < tolerance)),
        regret_mean=float(lost.mean()),
        regret_p95=float(np.quantile(lost, 0.95)),
        oracle_gap=float(np.mean(oracle - came_out)),
        utilization=tuple(shares.tolist()),
        taken=tuple(utilization(route, experts + 1).tolist()),
        largest_share=float(shares.max()),
        fallback=judge_fallbacks(gave_up, fallback - routed, names, levels),
    )


def _require_outcomes(taken: np.ndarray, achieved: np.ndarray, count: int) -> None:
    if not taken.shape == achieved.shape == (count,):
        shapes = f"{taken.shape} {achieved.shape}"
        raise DataError(f"expected the route and the outcome of {count} images, got {shapes}")
    if not np.isfinite(achieved).all():
        raise DataError("qualities of what came out must be finite, some are NaN or infinite")


def _columns(
    count: int,
    dense: np.ndarray,
    abstained: np.ndarray,
    weathers: np.ndarray | Sequence[str],
    severity: np.ndarray,
) -> tuple[np.ndarray, ...]:
    columns = (
        np.asarray(dense, np.float64),
        np.asarray(abstained),
        np.asarray(weathers),
        np.asarray(severity, np.float64),
    )
    if any(column.shape != (count,) for column in columns):
        shapes = ", ".join(str(column.shape) for column in columns)
        raise DataError(f"expected dense, abstained, weathers and severity of {count} images, got {shapes}")
    if columns[1].dtype != bool:
        raise DataError(f"abstained must be true or false, got {columns[1].dtype}")
    if not np.isfinite(columns[0]).all():
        raise DataError("qualities of the dense route must be finite, some are NaN or infinite")
    return columns
