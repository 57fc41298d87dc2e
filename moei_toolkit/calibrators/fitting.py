"""What every calibrator asks of what it is fitted on, used on, and saved as."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.errors import DataError


def checked_sample(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return logits (N, K) in float64 and targets (N,).

    Raises:
        DataError: If the arrays are empty, differ in length, hold values that are not finite, or a target is
            no expert.
    """
    logits = np.asarray(logits, np.float64)
    targets = np.asarray(targets)
    if logits.ndim != 2 or len(logits) == 0 or targets.shape != (len(logits),):
        raise DataError(
            f"expected logits (N, K) and targets (N,), N > 0; got {logits.shape}, {targets.shape}"
        )
    if not np.isfinite(logits).all():
        raise DataError("expected finite logits, got NaN or infinity")
    if targets.dtype.kind not in "iu" or targets.min() < 0 or targets.max() >= logits.shape[1]:
        raise DataError(f"expected targets that are integers in [0, {logits.shape[1]})")
    return logits, targets


def require_experts(logits: np.ndarray, experts: int) -> None:
    """Refuse logits of another number of experts than a calibrator was fitted for.

    Raises:
        DataError: Names both numbers.
    """
    if logits.shape[1] != experts:
        raise DataError(f"fitted for {experts} experts, got logits of {logits.shape[1]}")


def finite_list(value: object) -> list[float]:
    """Return numbers out of a saved state.

    Raises:
        ValueError: If it is no list of finite numbers.
    """
    numbers = [float(number) for number in value] if isinstance(value, list) else [float("nan")]
    if not np.isfinite(numbers).all():
        raise ValueError(f"expected a list of finite numbers, got {value!r:.80}")
    return numbers


def lines_of(state: Mapping[str, object]) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes and offsets, (K,) each, out of a saved state.

    Raises:
        ValueError: If they are no numbers, or not as many of one as of the other.
    """
    slopes, offsets = finite_list(state["slopes"]), finite_list(state["offsets"])
    if len(slopes) != len(offsets):
        raise ValueError(f"expected as many offsets as slopes, got {len(offsets)} and {len(slopes)}")
    return np.array(slopes), np.array(offsets)
