"""The width is found whose cost is nearest, in few measurements."""

from __future__ import annotations

import pytest

from moei_toolkit.bench.budgets.matching import match_width
from moei_toolkit.errors import BenchError


@pytest.mark.parametrize("wanted", [24, 25, 30, 37, 47, 48])
def test_an_exact_match_is_found(wanted: int):
    found = match_width(lambda width: width / wanted, 24, 48, tolerance=0.001)
    assert found.width == wanted
    assert found.cost == 1
    assert len(found.tried) <= 5


def test_the_nearest_is_taken_where_nothing_matches():
    costs = {width: (width / 30.4) ** 2 for width in range(24, 49)}
    found = match_width(costs.__getitem__, 24, 48, tolerance=0.0)
    assert found.width == min(costs, key=lambda width: abs(costs[width] - 1))
    assert found.tried[found.width] == found.cost


def test_widths_that_convolutions_like_are_tried_where_no_other_matches():
    """25 channels take longer than 32, as on processors that pad to multiples of 8."""
    costs = {width: width / 32 if width % 8 == 0 else 1.5 for width in range(24, 49)}
    found = match_width(costs.__getitem__, 24, 48)
    assert (found.width, found.cost) == (32, 1.0)
    assert {24, 32, 40, 48} <= set(found.tried)


def test_near_enough_ends_the_search():
    found = match_width(lambda width: 1.01, 24, 48, tolerance=0.02)
    assert found.tried == {36: 1.01}


@pytest.mark.parametrize("everything", [0.5, 2.0])
def test_a_cost_out_of_reach_gives_the_end_of_the_range(everything: float):
    found = match_width(lambda width: everything + width / 1e6, 24, 48)
    assert found.width == (48 if everything < 1 else 24)


@pytest.mark.parametrize("ends", [(0, 4), (5, 4)])
def test_an_impossible_range(ends: tuple[int, int]):
    with pytest.raises(BenchError, match=f"got {ends[0]} and {ends[1]}"):
        match_width(lambda width: 1.0, *ends)


@pytest.mark.parametrize("tolerance", [-0.02, 1.0, float("inf"), float("nan")])
def test_an_impossible_tolerance_is_refused_before_anything_is_measured(tolerance: float):
    with pytest.raises(BenchError, match=f"tolerance of 0 or more and below 1, got {tolerance}"):
        match_width(lambda width: pytest.fail("was measured"), 24, 48, tolerance)
