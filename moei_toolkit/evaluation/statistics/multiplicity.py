"""Of several tests the smallest p value is small by chance more often than it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moei_toolkit.errors import DataError


def holm(p_values: np.ndarray | Sequence[float]) -> np.ndarray:
    """Adjust the p values of a family of tests by Holm's step-down procedure.

    Rejecting where the result is <= a keeps the chance of any false rejection in the family at a or below,
    however the tests depend on each other. The i-th smallest of m is multiplied by m - i + 1, and none comes
    out below a smaller one. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 1979.

    Args:
        p_values: (m,) in [0, 1], in any order.

    Returns:
        (m,) adjusted, in [0, 1], in the same order.

    Raises:
        DataError: Empty, NaN, or outside [0, 1].
    """
    values = np.asarray(p_values, np.float64)
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise DataError(f"expected p values (m,), m >= 1, all in [0, 1], got {values}")
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(steps, 1)
    return adjusted
