"""Could differences of scenes be chance? Student's t, Wilcoxon's signed ranks, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.statistics.scene_sums import ROUNDING

FEW = 13
"""Up to so many differences, all ways to sign them are counted where some are equal or zero."""


@dataclass(frozen=True)
class PairedTests:
    """What two-sided tests say of one column of paired differences.

    Attributes:
        cohens_d: Mean over standard deviation of the differences (d_z); None when all are equal.
        p_t: Of the paired t-test; 1 when all are 0, 0 when all are equal and not 0.
        p_wilcoxon: Of the signed-rank test; 1 when all are 0.
    """

    cohens_d: float | None
    p_t: float
    p_wilcoxon: float


def paired_tests(differences: np.ndarray) -> list[PairedTests]:
    """Test every column of paired differences against no difference.

    Args:
        differences: (C, M) of C independent units, C >= 2.

    Returns:
        M results.

    Raises:
        DataError: Fewer than two units, NaN, or of the wrong shape.
    """
    table = np.asarray(differences, np.float64)
    if table.ndim != 2 or len(table) < 2 or not np.isfinite(table).all():
        raise DataError(f"expected finite differences (C, M), C >= 2, got {table.shape}")
    return [_test(column) for column in table.T]


def _test(column: np.ndarray) -> PairedTests:
    if not column.any():
        return PairedTests(None, 1.0, 1.0)
    p_wilcoxon = _signed_ranks(column)
    spread = column.std(ddof=1)
    if spread <= ROUNDING * np.abs(column).max():
        return PairedTests(None, 0.0, p_wilcoxon)
    return PairedTests(float(column.mean() / spread), float(stats.ttest_1samp(column, 0).pvalue), p_wilcoxon)


def _signed_ranks(column: np.ndarray) -> float:
    """Return the p of Wilcoxon's test, which is scipy's.

    Scipy tries every way to sign a few tied differences, one by one, which took half the time of a large
    report. Here their rank sums are counted: those of n differences follow from those of n - 1.
    """
    moved = column[column != 0]
    sizes = np.abs(moved)
    tied = len(np.unique(sizes)) < len(column)
    if len(column) > FEW or not tied:
        return float(stats.wilcoxon(column).pvalue)
    doubled = np.rint(2 * stats.rankdata(sizes)).astype(np.int64)  # ranks of ties are halves
    ways = np.ones(1)
    for rank in doubled:
        ways = np.pad(ways, (0, rank)) + np.pad(ways, (rank, 0))
    positive = int(doubled[moved > 0].sum())
    rarer = min(ways[: positive + 1].sum(), ways[positive:].sum())
    return float(min(1.0, 2 * rarer / 2 ** len(sizes)))
