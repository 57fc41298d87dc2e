"""Tests of paired differences are scipy's, column by column, and defined where scipy's are not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.statistics.paired_tests import PairedTests, paired_tests


@pytest.mark.parametrize("units", [2, 6, 40, 200])
def test_every_column_is_tested_as_scipy_does(units):
    rng = np.random.default_rng(units)
    first, second = rng.normal(30, 2, (2, units, 5))
    first[: units // 2, 4] = second[: units // 2, 4]  # no difference on half of them
    found = paired_tests(first - second)
    assert len(found) == 5
    for one, x, y in zip(found, first.T, second.T, strict=True):
        assert one.p_t == pytest.approx(stats.ttest_rel(x, y).pvalue, abs=1e-12)
        assert one.p_wilcoxon == pytest.approx(stats.wilcoxon(x, y).pvalue, abs=1e-12)
        assert one.cohens_d == pytest.approx((x - y).mean() / (x - y).std(ddof=1), abs=1e-12)


@pytest.mark.parametrize("units", [2, 5, 9, 13, 14])
@pytest.mark.parametrize("zeros", [0, 1, 3])
def test_a_few_tied_differences_are_tested_as_scipy_does(units, zeros):
    rng = np.random.default_rng([units, zeros])
    tied = rng.integers(-3, 5, (units, 2)).astype(float)
    tied[tied == 0] = 2.5
    tied[: min(zeros, units - 1)] = 0
    for column, found in zip(tied.T, paired_tests(tied), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert found.p_wilcoxon == pytest.approx(stats.wilcoxon(column).pvalue, abs=1e-12)


def test_the_reverse_has_the_opposite_effect_and_the_same_chance():
    differences = np.random.default_rng(1).normal(0.3, 1, (20, 1))
    (there,), (back,) = paired_tests(differences), paired_tests(-differences)
    assert back.cohens_d == -there.cohens_d
    assert (back.p_t, back.p_wilcoxon) == (there.p_t, there.p_wilcoxon)


def test_no_difference_at_all_speaks_for_none():
    assert paired_tests(np.zeros((4, 1))) == [PairedTests(None, 1.0, 1.0)]


@pytest.mark.parametrize("constant", [0.5, 0.1, -0.3])
def test_the_same_difference_everywhere_has_no_standard_deviation(constant):
    base = np.linspace(20, 40, 7)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (found,) = paired_tests((base + constant) - base)  # equal but for rounding
    assert (found.cohens_d, found.p_t) == (None, 0)
    assert found.p_wilcoxon == pytest.approx(2 / 2**7)


@pytest.mark.parametrize("wrong", [np.ones((1, 2)), np.ones(3), np.array([[1.0], [np.nan]])])
def test_what_cannot_be_tested_is_refused(wrong):
    with pytest.raises(DataError, match="finite differences"):
        paired_tests(wrong)
