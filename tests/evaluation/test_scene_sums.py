"""Sums by scene give the means of images, with and without each scene, whatever the scenes hold."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.statistics.scene_sums import sum_by_scene

SCENES = np.array(list("aaabbbcccdd"))
STRATA = np.array(["rain", "haze", "rain", "haze", "rain", "rain", "haze", "haze", "rain", "snow", "rain"])


def macro(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The mean of means, spelled out."""
    return np.mean([values[strata == stratum].mean(0) for stratum in np.unique(strata)], 0)


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(len(SCENES), 3))


def test_the_mean_is_over_strata_of_the_mean_over_images(values):
    np.testing.assert_allclose(sum_by_scene(values, SCENES, STRATA).mean(), macro(values, STRATA), atol=1e-14)


def test_leaving_a_scene_out_leaves_its_images_out(values):
    keep = STRATA != "snow"
    data = sum_by_scene(values[keep], SCENES[keep], STRATA[keep])
    expected = [macro(values[keep & (s != SCENES)], STRATA[keep & (s != SCENES)]) for s in "dabc"]
    np.testing.assert_allclose(
        data.without_each(), expected, atol=1e-14
    )  # "d" holds rain alone: sorted first


def test_a_scene_is_the_mean_of_the_strata_it_holds(values):
    data = sum_by_scene(values, SCENES, STRATA)
    expected = [macro(values[scene == SCENES], STRATA[scene == SCENES]) for scene in "abcd"]
    np.testing.assert_allclose(np.sort(data.of_scenes(), 0), np.sort(expected, 0), atol=1e-14)


def test_scenes_that_hold_the_same_strata_lie_together():
    scenes, strata = np.array(list("aabbccdde")), np.array(list("rhrrrhrrr"))
    data = sum_by_scene(np.ones((9, 1)), scenes, strata)
    assert data.strata == ("h", "r")
    assert data.groups == (3, 2)
    assert data.counts.tolist() == [[0, 2], [0, 2], [0, 1], [1, 1], [1, 1]]


def test_a_scene_unlike_all_others_puts_all_into_one_group():
    assert sum_by_scene(np.ones((11, 1)), SCENES, STRATA).groups == (4,)


def test_strata_of_one_scene_are_named():
    assert sum_by_scene(np.ones((11, 1)), SCENES, STRATA).shortfall == (
        "an interval needs two scenes or more, got one of snow. Test on more scenes."
    )
    keep = STRATA != "snow"
    assert sum_by_scene(np.ones((10, 1)), SCENES[keep], STRATA[keep]).shortfall is None
    assert "got one of rain" in sum_by_scene(np.ones((2, 1)), ["a", "a"], ["rain", "rain"]).shortfall


def test_the_order_of_the_images_does_not_matter():
    values, order = np.arange(11.0)[:, None], np.random.default_rng(1).permutation(11)
    first, second = (sum_by_scene(values[i], SCENES[i], STRATA[i]) for i in (np.arange(11), order))
    np.testing.assert_array_equal(first.sums, second.sums)
    np.testing.assert_array_equal(first.counts, second.counts)


@pytest.mark.parametrize(
    ("values", "scenes", "said"),
    [
        (np.ones((2, 1)), ["a"], "as many labels"),
        (np.ones((0, 1)), [], "N >= 1"),
        (np.ones(2), ["a", "b"], r"\(N, M\)"),
        (np.array([[1.0], [np.nan]]), ["a", "b"], "finite"),
        (np.array([[1.0], [np.inf]]), ["a", "b"], "finite"),
    ],
)
def test_what_cannot_be_added_up_is_refused(values, scenes, said):
    with pytest.raises(DataError, match=said):
        sum_by_scene(values, np.array(scenes), np.array(["rain"] * len(scenes)))
