"""Decisions lie in the bins they belong to, on edges and with ties too."""

from __future__ import annotations

import numpy as np
import pytest
from confidence_examples import routed

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.reliability.bins import equal_mass_bins, reliability_bins


def test_edges_belong_to_the_bin_below():
    edges = np.arange(1, 16) / 15
    table = reliability_bins(np.append(edges, 0.0), np.ones(16), bins=15)
    assert [part.count for part in table] == [2] + [1] * 14
    assert all(part.high == edge for part, edge in zip(table, edges, strict=True))
    just_above = reliability_bins(np.nextafter(edges[:-1], 1), np.ones(14), bins=15)
    assert [part.count for part in just_above] == [0] + [1] * 14


def test_bins_say_what_is_in_them():
    low, high = reliability_bins([0.2, 0.4, 0.9], [0, 1, 1], bins=2)
    assert (low.low, low.high, low.count, low.accuracy) == (0, 0.5, 2, 0.5)
    assert low.confidence == pytest.approx(0.3)
    assert (high.count, high.confidence, high.accuracy) == (1, 0.9, 1)
    empty = reliability_bins([0.9], [1], bins=2)[0]
    assert (empty.count, empty.confidence, empty.accuracy) == (0, 0, 0)


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_bins_of_equal_mass_hold_equal_counts(bins: int):
    confidence, correct = routed(bins * 20)
    table = equal_mass_bins(confidence, correct, bins)
    assert [part.count for part in table] == [20] * bins
    # Without ties and remainder they are the sorted decisions, cut into equal pieces.
    order = np.argsort(confidence)
    for part, mine in zip(table, np.array_split(order, bins), strict=True):
        assert part.confidence == pytest.approx(confidence[mine].mean())
        assert part.accuracy == pytest.approx(correct[mine].mean())
        assert part.high == confidence[mine].max()


def test_counts_that_cannot_be_equal_differ_by_one():
    assert {part.count for part in equal_mass_bins(*routed(500), bins=15)} == {33, 34}
    # Upper edges of ranks ceil(4 / 3), ceil(8 / 3) and 4.
    table = equal_mass_bins([0.4, 0.5, 0.6, 0.7], [1, 1, 1, 1], bins=3)
    assert [(part.high, part.count) for part in table] == [(0.5, 2), (0.6, 1), (0.7, 1)]


def test_fewer_decisions_than_bins_get_one_each():
    table = equal_mass_bins([0.5, 0.9, 0.7], [0, 1, 1], bins=15)
    assert [(part.high, part.count) for part in table] == [(0.5, 1), (0.7, 1), (0.9, 1)]


def test_equal_confidences_share_a_bin():
    table = equal_mass_bins([0.4, 0.8, 0.8, 0.8, 0.8, 0.9], [0, 1, 1, 0, 1, 1], bins=3)
    assert [(part.low, part.high, part.count) for part in table] == [(0, 0.8, 5), (0.8, 0.9, 1)]
    (whole,) = equal_mass_bins([0.7] * 10, [1] * 7 + [0] * 3, bins=15)
    assert (whole.count, whole.confidence, whole.accuracy) == (10, pytest.approx(0.7), 0.7)


@pytest.mark.parametrize("sort", [reliability_bins, equal_mass_bins])
@pytest.mark.parametrize("confidence", [[0.0], [1.0], [0.0, 1.0], [0.0, 0.0, 0.5]])
def test_every_decision_is_in_one_bin_and_the_order_does_not_matter(sort, confidence: list[float]):
    outcomes = [1] * len(confidence)
    assert sum(part.count for part in sort(confidence, outcomes)) == len(confidence)
    assert sort(confidence[::-1], outcomes) == sort(confidence, outcomes)


@pytest.mark.parametrize("sort", [reliability_bins, equal_mass_bins])
def test_nonsense_is_refused(sort):
    with pytest.raises(ConfigError, match="at least 1 bin, got 0"):
        sort([0.5], [1], bins=0)
    with pytest.raises(DataError, match="finite"):
        sort([np.nan], [1])
