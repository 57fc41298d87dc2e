"""The best, the median and the worst image of every weather."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.extremes import Extremes, pick_extremes


def test_best_median_and_worst_of_every_weather():
    gains = [("a", "rain", 0.5), ("b", "rain", -1.0), ("c", "haze", 2.0), ("d", "rain", 3.0)]
    assert pick_extremes(gains) == {"rain": Extremes("d", "a", "b"), "haze": Extremes("c", "c", "c")}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 100])
def test_the_median_is_an_image_in_the_middle(count):
    values = np.random.default_rng(count).normal(size=count)
    found = pick_extremes((str(at), "snow", value) for at, value in enumerate(values))["snow"]
    assert values[int(found.best)] == values.max()
    assert values[int(found.worst)] == values.min()
    assert values[int(found.median)] == np.quantile(values, 0.5, method="lower")


def test_neither_order_nor_ties_change_the_choice():
    gains = [
        (name, "rain", gain) for name, gain in zip("abcdef", (1.0, 2.0, 2.0, 1.0, 0.0, 0.0), strict=True)
    ]
    assert pick_extremes(gains) == pick_extremes(reversed(gains)) == {"rain": Extremes("c", "a", "e")}


def test_an_image_is_named_once():
    assert Extremes("a", "b", "c").named() == {"a": "best", "c": "worst", "b": "median"}
    assert Extremes("a", "b", "b").named() == {"a": "best", "b": "worst"}
    assert Extremes("a", "a", "a").named() == {"a": "best"}


def test_nothing_to_pick_from():
    assert pick_extremes([]) == {}


def test_an_image_comes_once_and_gains_are_numbers():
    with pytest.raises(DataError, match="'a' again"):
        pick_extremes([("a", "rain", 0.5), ("a", "haze", 0.5)])
    for gain in (float("nan"), float("inf")):
        with pytest.raises(DataError, match="image 'a': expected a finite gain"):
            pick_extremes([("a", "rain", gain)])
