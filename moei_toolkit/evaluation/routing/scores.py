"""How good were the routes: against the oracle, and over the set of experts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moei_toolkit.errors import ConfigError, DataError

ROUNDING = 1e-9
"""Rounding in a difference of two qualities, in dB."""


def regret(quality: np.ndarray, achieved: np.ndarray | Sequence[float]) -> np.ndarray:
    """Return what each image lost against its best expert.

    Args:
        quality: (N, K) quality of every expert on every image, higher is better (PSNR in dB).
        achieved: (N,) quality of the route taken; above the best expert the regret is negative, as after
            an abstention where dense was best.

    Returns:
        (N,) in the unit of quality.

    Raises:
        DataError: Empty, NaN, or shapes that do not fit.
    """
    table, taken = np.asarray(quality, np.float64), np.asarray(achieved, np.float64)
    if table.ndim != 2 or 0 in table.shape or taken.shape != table.shape[:1]:
        raise DataError(f"expected quality (N, K) and achieved (N,), got {table.shape} and {taken.shape}")
    if not (np.isfinite(table).all() and np.isfinite(taken).all()):
        raise DataError("qualities must be finite, some are NaN or infinite")
    return table.max(axis=1) - taken


def agreement(quality: np.ndarray, chosen: np.ndarray | Sequence[int], within: float = 0.0) -> float:
    """Return the share of images whose chosen expert is the best one, or almost.

    Args:
        quality: (N, K), higher is better.
        chosen: (N,) index of the chosen expert.
        within: Accept an expert at most this much (dB) below the best; 0 is strict. Exact ties count as
            agreement either way.

    Raises:
        DataError: Empty, NaN, shapes that do not fit, or an index that is no expert.
        ConfigError: within is negative.
    """
    if not within >= 0:
        raise ConfigError(f"within must be >= 0 dB, got {within}")
    table = np.asarray(quality, np.float64)
    experts = table.shape[1] if table.ndim == 2 else 0
    picks = _checked_choices(chosen, experts)
    if len(picks) != len(table):
        raise DataError(f"{len(picks)} choices do not fit {len(table)} images")
    lost = regret(table, table[np.arange(len(table)), picks])
    return float(np.mean(lost <= (within + ROUNDING if within else 0.0)))


def utilization(chosen: np.ndarray | Sequence[int], experts: int) -> np.ndarray:
    """Return the (K,) share of images each expert got; they sum to 1.

    Args:
        chosen: (N,) index of the chosen expert.
        experts: Number of experts K.

    Raises:
        DataError: Empty, or an index that is no expert.
    """
    picks = _checked_choices(chosen, experts)
    return np.bincount(picks, minlength=experts) / len(picks)


def _checked_choices(chosen: np.ndarray | Sequence[int], experts: int) -> np.ndarray:
    picks = np.asarray(chosen)
    if picks.ndim != 1 or not len(picks) or picks.dtype.kind not in "iu":
        raise DataError(f"expected (N,) integer choices, N >= 1, got {picks.shape} {picks.dtype}")
    if picks.min() < 0 or picks.max() >= experts:
        raise DataError(f"choices must lie in [0, {experts}), got {picks.min()} to {picks.max()}")
    return picks
