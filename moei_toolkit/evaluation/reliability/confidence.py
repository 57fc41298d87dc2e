"""What counts as confidences and the outcomes of their decisions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moei_toolkit.errors import DataError

ROUNDING = 1e-6
"""How far a softmax in single precision may come out above 1."""

Values = np.ndarray | Sequence[float]


def checked_outcomes(confidence: Values, *outcomes: Values) -> tuple[np.ndarray, ...]:
    """Return confidences and what came of their decisions as float64, confidences a rounding above 1 as 1.

    Args:
        confidence: (N,) in [0, 1].
        outcomes: Each (N,), finite.

    Raises:
        DataError: Empty, of different length, NaN, or a confidence out of range.
    """
    arrays = [np.asarray(values, np.float64) for values in (confidence, *outcomes)]
    first, *others = arrays
    if first.ndim != 1 or not len(first) or any(other.shape != first.shape for other in others):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise DataError(f"expected lists of one length >= 1, one value per decision, got shapes {shapes}")
    if not all(np.isfinite(array).all() for array in arrays):
        raise DataError("confidences and outcomes must be finite, some are NaN or infinite")
    if first.min() < 0 or first.max() > 1 + ROUNDING:
        raise DataError(f"confidences must lie in [0, 1], got {first.min():g} to {first.max():g}")
    return np.minimum(first, 1), *others


def checked_decisions(confidence: Values, correct: Values) -> tuple[np.ndarray, np.ndarray]:
    """Return confidences and whether each decision was correct, both (N,) float64, the latter 0 or 1.

    Raises:
        DataError: As `checked_outcomes`, and if ``correct`` holds anything but 0 and 1.
    """
    confidence, correct = checked_outcomes(confidence, correct)
    if ((correct != 0) & (correct != 1)).any():
        raise DataError("correct must hold only 0 and 1")
    return confidence, correct
