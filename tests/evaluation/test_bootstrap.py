"""Intervals are scipy's on the same resamples of whole scenes, and hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.statistics import bootstrap
from moei_toolkit.evaluation.statistics.bootstrap import COVERAGE, bca_tails, bootstrap_scenes
from moei_toolkit.evaluation.statistics.scene_sums import sum_by_scene

DRAWS = {
    "normal": lambda rng, shape: rng.normal(0.3, 1.0, shape),
    "skewed": lambda rng, shape: rng.exponential(1.0, shape),
    "ties": lambda rng, shape: rng.poisson(0.5, shape) - 0.25,
    "mostly zero": lambda rng, shape: rng.integers(-1, 5, shape) * (rng.random(shape) < 0.2),
}


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def one_image_a_scene(values: np.ndarray, strata: np.ndarray | None = None):
    names = np.arange(len(values))
    return sum_by_scene(values, names, np.full(len(values), "rain") if strata is None else strata)


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("images", [5, 40, 300])
def test_one_image_a_scene_is_scipys_bootstrap_with_an_equal_generator(images, draw):
    # On a grid of powers of two sums are exact, so that resamples that tie do so in scipy too.
    values = np.round(DRAWS[draw](generator(images), (images, 4)) * 1024) / 1024
    values[0] += 1
    found = bootstrap_scenes(one_image_a_scene(values), generator(7), resamples=2000, level=0.9)
    for column in range(4):
        for method in ("percentile", "BCa"):
            expected = stats.bootstrap(
                (values[:, column],),
                np.mean,
                n_resamples=2000,
                confidence_level=0.9,
                method=method,
                rng=generator(7),
            )
            interval = getattr(found, method.lower())[column]
            np.testing.assert_allclose(interval, expected.confidence_interval, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.distribution[column], expected.bootstrap_distribution, atol=1e-12)


def redrawn(values, scenes, strata, groups, streams, resamples):
    """Resamples of whole scenes, image by image; one that lacks a stratum is drawn again."""
    while resamples:
        drawn = [
            scene
            for group, stream in zip(groups, streams, strict=True)
            for scene in np.take(group, stream.integers(0, len(group), len(group)))
        ]
        chosen = np.concatenate([np.flatnonzero(scenes == scene) for scene in drawn])
        means = [
            values[chosen[strata[chosen] == one]].mean(0)
            for one in np.unique(strata)
            if one in strata[chosen]
        ]
        if len(means) == len(np.unique(strata)):
            resamples -= 1
            yield np.mean(means, 0)


def test_resamples_are_of_whole_scenes_among_their_kind():
    scenes = np.array(list("aaabbbccddeeef"))
    strata = np.array(list("rrhrhhrrrrrhhr"))
    values = generator(1).normal(size=(14, 2))
    found = bootstrap_scenes(sum_by_scene(values, scenes, strata), generator(3), resamples=50)
    streams = generator(3)
    expected = redrawn(values, scenes, strata, [list("cdf"), list("abe")], [streams, *streams.spawn(1)], 50)
    np.testing.assert_allclose(found.distribution.T, [*expected], atol=1e-12)


def test_a_resample_without_some_stratum_is_drawn_again():
    scenes, strata = np.array(list("aabbcc")), np.array(list("rhhssr"))  # no two scenes are alike
    values = np.array([[1.0], [1], [2], [4], [8], [8]])
    found = bootstrap_scenes(sum_by_scene(values, scenes, strata), generator(3), resamples=500)
    expected = redrawn(values, scenes, strata, [list("cba")], [generator(3)], 500)
    np.testing.assert_allclose(found.distribution.T, [*expected], atol=1e-12)


def test_scenes_of_one_stratum_each_give_scipys_interval_for_several_samples():
    samples = [generator(1).exponential(size=size) for size in (8, 20, 13)]
    values = np.concatenate(samples)[:, None]
    strata = np.repeat(["a", "b", "c"], [8, 20, 13])
    found = bootstrap_scenes(one_image_a_scene(values, strata), generator(2), resamples=3000)

    class Earlier:
        bootstrap_distribution = found.distribution[0]

    def mean_of_means(*parts, axis):
        return sum(part.mean(axis) for part in parts) / 3

    for method in ("percentile", "BCa"):
        expected = stats.bootstrap(
            samples, mean_of_means, n_resamples=0, bootstrap_result=Earlier(), method=method, vectorized=True
        ).confidence_interval
        np.testing.assert_allclose(getattr(found, method.lower())[0], expected, rtol=0, atol=1e-9)


def test_a_column_does_not_depend_on_its_neighbours():
    values = generator(1).normal(size=(30, 5))
    together = bootstrap_scenes(one_image_a_scene(values), generator(2), resamples=500)
    for column in range(5):
        alone = bootstrap_scenes(one_image_a_scene(values[:, [column]]), generator(2), resamples=500)
        np.testing.assert_allclose(together.distribution[column], alone.distribution[0], atol=1e-12)
        np.testing.assert_allclose(together.bca[column], alone.bca[0], atol=1e-12)


@pytest.mark.parametrize("strata", ["rhrhssss", "rhhsrsrh"])  # two groups; one group, some drawn again
def test_the_size_of_a_block_changes_neither_the_result_nor_what_is_drawn_next(monkeypatch, strata):
    values = generator(1).normal(size=(8, 2))
    data = sum_by_scene(values, np.array(list("aabbccdd")), np.array(list(strata)))
    rngs = generator(4), generator(4)
    whole = bootstrap_scenes(data, rngs[0], resamples=300)
    monkeypatch.setattr(bootstrap, "BLOCK", 100)
    parts = bootstrap_scenes(data, rngs[1], resamples=300)
    np.testing.assert_allclose(parts.distribution, whole.distribution, atol=1e-12)
    np.testing.assert_allclose(parts.bca, whole.bca, atol=1e-12)
    assert rngs[0].random() == rngs[1].random()


def test_copies_of_an_image_do_not_make_it_surer():
    values = generator(1).normal(0.4, 1.0, (12, 1))
    once = bootstrap_scenes(one_image_a_scene(values), generator())
    copies = np.repeat(values, 9, 0), np.repeat(np.arange(12), 9), np.full(108, "rain")
    often = bootstrap_scenes(sum_by_scene(*copies), generator())
    np.testing.assert_allclose(often.bca, once.bca, atol=1e-12)


def test_the_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = generator(9)
    effects = np.repeat(rng.normal(0.5, 1.0, (20, 200)), 3, 0) + rng.normal(0, 0.2, (60, 200))
    data = sum_by_scene(effects, np.repeat(np.arange(20), 3), np.tile(["r", "h", "s"], 20))
    found = bootstrap_scenes(data, rng, 1000)
    for intervals in (found.percentile, found.bca):
        held = (intervals[:, 0] <= 0.5) & (intervals[:, 1] >= 0.5)
        assert 175 <= held.sum() <= 199


@pytest.mark.parametrize("scenes", COVERAGE)
def test_few_scenes_give_intervals_that_are_too_narrow_by_as_much_as_is_said(scenes):
    rng = generator(scenes)
    low, high = bootstrap_scenes(one_image_a_scene(rng.normal(size=(scenes, 2000))), rng, 1000).bca.T
    held = np.mean((low <= 0) & (high >= 0))
    # Three standard errors of the share of 2000.
    assert held == pytest.approx(COVERAGE[scenes], abs=0.02)


@pytest.mark.parametrize("constant", [0.0, 0.5, 0.1])
def test_the_same_value_everywhere_leaves_no_doubt(constant):
    found = bootstrap_scenes(one_image_a_scene(np.full((7, 1), constant)), generator())
    np.testing.assert_allclose([found.bca, found.percentile], constant, rtol=1e-15)


def test_ties_but_for_rounding_are_ties():
    whole = generator(1).integers(-2, 3, (30, 1)).astype(float)
    exact = bootstrap_scenes(one_image_a_scene(whole), generator(2))
    rounded = bootstrap_scenes(one_image_a_scene(whole * 0.1), generator(2))
    np.testing.assert_allclose(rounded.bca, exact.bca * 0.1, rtol=0, atol=1e-12)


def test_a_distribution_on_one_side_and_past_the_pole_ends_at_its_own_end():
    left_out = np.r_[np.zeros(50), -1.0][:, None]
    tails = bca_tails(np.zeros((1, 10**7)), np.ones(1), left_out, (51,), np.array([1e-4, 1 - 1e-4]))
    np.testing.assert_allclose(tails, 1, atol=1e-6)


def test_what_cannot_be_resampled_is_refused():
    one = sum_by_scene(np.ones((2, 1)), np.array(["a", "a"]), np.array(["rain", "rain"]))
    with pytest.raises(DataError, match="two scenes or more, got one of rain"):
        bootstrap_scenes(one, generator())
    two = one_image_a_scene(np.ones((2, 1)))
    for options in ({"level": 1.0}, {"level": 0.0}, {"resamples": 0}):
        with pytest.raises(ConfigError, match="expected level"):
            bootstrap_scenes(two, generator(), **options)
