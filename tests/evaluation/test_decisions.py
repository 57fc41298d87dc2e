"""Decisions of hand-made rows, as arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from row_examples import example, misrouted, rows_of

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.routing.decisions import decisions_of


@pytest.fixture(scope="module")
def decisions():
    return decisions_of(example())


def test_one_decision_per_degraded_image(decisions):
    assert decisions.experts == ("wet", "gray")
    assert decisions.weathers.tolist() == ["rain", "rain", "haze", "haze"]
    assert decisions.scenes.tolist() == ["toy/one", "toy/two", "toy/one", "toy/two"]
    assert decisions.datasets == ("toy",)
    assert decisions.severity.tolist() == [0.5] * 4


def test_who_was_chosen_and_who_was_best(decisions):
    # The second rain image was given to "gray"; the abstained one would have been right.
    assert decisions.chosen.tolist() == [0, 1, 1, 1]
    assert decisions.oracle.tolist() == [0, 0, 1, 1]
    assert decisions.right.tolist() == [True, False, True, True]
    assert decisions.abstained.tolist() == [False, False, False, True]
    assert decisions.confidence == pytest.approx([0.9, 0.7, 0.8, 0.55])


def test_what_was_compared_with_the_threshold_may_be_another_score(decisions):
    assert decisions.trust.tolist() == decisions.confidence.tolist()
    rows = [replace(row, confidence=row.confidence / 2) for row in example()]
    learned = decisions_of(rows)
    assert learned.trust.tolist() == (decisions.trust / 2).tolist()
    assert learned.confidence.tolist() == decisions.confidence.tolist()


def test_what_came_out(decisions):
    assert decisions.routed.tolist() == [28, 20, 19, 21]
    assert decisions.dense.tolist() == [24, 26, 16, 18]
    assert decisions.achieved.tolist() == [28, 20, 19, 18]
    assert np.array_equal(decisions.psnr, [[28, 18], [30, 20], [11, 19], [13, 21]])


def test_a_misrouted_image_took_another_route_than_was_chosen(decisions):
    assert decisions.taken.tolist() == [0, 1, 1, 2]
    found = decisions_of(misrouted("one-rain-0", "gray"))
    assert (found.taken.tolist(), found.achieved.tolist()) == ([1, 1, 1, 2], [18, 20, 19, 18])
    assert found.chosen.tolist() == decisions.chosen.tolist()


def test_a_route_of_no_expert_is_refused():
    rows = [replace(one, route="elsewhere") if one.policy == "actual" else one for one in example()]
    with pytest.raises(DataError, match=r"'one-rain-0': expected a route out of .*'dense'.*got 'elsewhere'"):
        decisions_of(rows)


def test_equally_good_experts_are_both_right():
    tied = rows_of("one-rain-0", "rain", {"input": 20, "dense": 24, "wet": 28, "gray": 28}, wet=0.1)
    assert decisions_of(tied).right.tolist() == [True]


def test_decisions_among_different_experts_are_refused():
    rows = example()
    strange = [
        replace(row, probabilities={"wet": 1.0}) if (row.id, row.policy) == ("one-haze-0", "actual") else row
        for row in rows
    ]
    with pytest.raises(
        DataError, match=r"'one-haze-0': expected probabilities of \['gray', 'wet'\], got \['wet'\]"
    ):
        decisions_of(strange)


@pytest.mark.parametrize("rows", [[], [row for row in example() if row.degradation == "clean"]])
def test_without_degraded_images_there_are_no_decisions(rows):
    with pytest.raises(DataError, match="expected decisions on degraded images"):
        decisions_of(rows)
