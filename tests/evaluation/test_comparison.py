"""Comparisons equal scipy's where scipy can make them, and keep to scenes where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from row_examples import example, row
from scipy import stats

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.comparison import bca_interval, compare, compare_policies


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def labels(*names: str) -> np.ndarray:
    return np.array(names)


@pytest.mark.parametrize("shape", ["normal", "skewed", "ties"])
def test_the_interval_is_scipys_on_the_same_resamples(shape):
    rng = generator(3)
    values = {"normal": rng.normal, "skewed": rng.exponential, "ties": rng.poisson}[shape](size=25) + 0.5
    drawn = rng.choice(values, (4000, 25)).mean(1)
    left_out = (values.sum() - values) / 24
    found = bca_interval(drawn, values.mean(), left_out, np.zeros(25, int), 0.9)

    class Earlier:
        bootstrap_distribution = drawn

    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=0, confidence_level=0.9, bootstrap_result=Earlier(), method="BCa"
    ).confidence_interval
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_one_image_a_scene_gives_scipys_interval_and_tests():
    values = generator(1).normal(0.4, 1.0, 40)
    names = np.arange(40).astype(str)
    found = compare(values, names, np.full(40, "rain"), generator(2), resamples=40_000)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, rng=generator(5), method="BCa"
    ).confidence_interval
    np.testing.assert_allclose((found.low, found.high), expected, atol=0.02)
    assert found.difference == pytest.approx(values.mean(), abs=1e-12)
    assert found.p_t == pytest.approx(stats.ttest_rel(values, np.zeros(40)).pvalue, abs=1e-12)
    assert found.p_wilcoxon == pytest.approx(stats.wilcoxon(values).pvalue, abs=1e-12)
    assert found.cohens_d == pytest.approx(values.mean() / values.std(ddof=1))
    assert found.scenes == 40


def test_copies_of_an_image_do_not_make_it_surer():
    values = generator(1).normal(0.4, 1.0, 12)
    names = np.arange(12).astype(str)
    once = compare(values, names, np.full(12, "rain"), generator())
    often = compare(np.repeat(values, 9), np.repeat(names, 9), np.full(108, "rain"), generator())
    assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=2e-3)
    for name in ("difference", "cohens_d", "p_t", "p_wilcoxon", "scenes"):
        assert getattr(often, name) == pytest.approx(getattr(once, name), abs=1e-9)


def test_the_difference_does_not_weigh_strata_by_their_images():
    found = compare(
        np.array([1.0, 1.0, 1.0, 1.0, 4.0, 4.0]),
        labels("a", "a", "b", "b", "a", "b"),
        labels("rain", "rain", "rain", "rain", "haze", "haze"),
        generator(),
    )
    assert found.difference == 2.5


def test_scenes_of_one_weather_each_are_resampled_among_themselves():
    weathers = labels("rain", "rain", "rain", "haze", "haze")
    found = compare(
        np.array([1.0, 2.0, 3.0, 10.0, 20.0]), labels("a", "b", "c", "d", "e"), weathers, generator()
    )
    assert found.difference == 8.5
    assert 5.5 <= found.low < 8.5 < found.high <= 11.5  # 1 and 10 at least, 3 and 20 at most


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng, held = generator(9), 0
    for _ in range(200):
        scene_effects = rng.normal(0.5, 1.0, 20)
        differences = np.repeat(scene_effects, 3) + rng.normal(0, 0.2, 60)
        found = compare(differences, np.repeat(np.arange(20), 3), np.tile(["r", "h", "s"], 20), rng, 400)
        held += found.low <= 0.5 <= found.high
    assert 175 <= held <= 199


def test_no_difference_at_all():
    found = compare(np.zeros(4), labels("a", "b", "c", "d"), np.full(4, "rain"), generator())
    assert (found.difference, found.low, found.high) == (0, 0, 0)
    assert (found.cohens_d, found.p_t, found.p_wilcoxon) == (None, 1, 1)


def test_the_same_difference_everywhere():
    found = compare(np.full(4, 0.5), labels("a", "b", "c", "d"), np.full(4, "rain"), generator())
    assert (found.low, found.high, found.cohens_d, found.p_t) == (0.5, 0.5, None, 0)


def test_the_same_generator_gives_the_same_comparison():
    values, names = generator(1).normal(size=9), np.arange(9)
    first, again = (compare(values, names, np.full(9, "r"), generator(4)) for _ in range(2))
    assert first == again


def test_what_cannot_be_compared_is_refused():
    two = labels("a", "b")
    with pytest.raises(DataError, match="two scenes"):
        compare(np.ones(2), labels("a", "a"), np.full(2, "rain"), generator())
    with pytest.raises(DataError, match="two scenes"):
        compare(np.ones(3), labels("a", "b", "c"), labels("rain", "rain", "haze"), generator())
    with pytest.raises(DataError, match="finite"):
        compare(np.array([1.0, np.nan]), two, two, generator())
    with pytest.raises(DataError, match="as many"):
        compare(np.ones(3), two, two, generator())
    with pytest.raises(DataError):
        compare(np.ones(0), labels(), labels(), generator())
    with pytest.raises(ConfigError, match="level"):
        compare(np.ones(2), two, np.full(2, "rain"), generator(), level=1.0)


def test_policies_are_compared_image_by_image_without_clean_ones():
    found = compare_policies(example(), "actual", "dense", "psnr", generator())
    assert list(found) == ["haze", "rain", "macro"]
    assert found["rain"].difference == (28 + 20) / 2 - 25
    assert found["macro"].difference == ((28 + 20) / 2 - 25 + (19 + 18) / 2 - 17) / 2


def test_a_policy_without_an_image_is_refused():
    rows = [*example(), row("lost", "rain", "actual", "wet", 20.0)]
    with pytest.raises(DataError, match="'actual' and 'dense'"):
        compare_policies(rows, "actual", "dense", "psnr", generator())
