"""The threshold is chosen by what abstaining gains, never beyond the cap."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.calibrators.abstention import Abstention, apply_threshold, choose_threshold
from moei_toolkit.errors import DataError


def choose(confidence, routed, dense, cap=1.0, **options) -> Abstention:
    arrays = (np.asarray(values, np.float64) for values in (confidence, routed, dense))
    return choose_threshold(*arrays, cap, **options)


def test_one_expensive_mistake_outweighs_many_small_gains():
    # One image would lose 9 dB; the other nine gain 0.5 dB each over dense.
    confidence = [0.35, *[0.4] * 9]
    routed, dense = [11.0, *[20.5] * 9], [20.0] * 10
    chosen = choose(confidence, routed, dense)
    assert 0.35 < chosen.threshold <= 0.4
    assert chosen.abstained == pytest.approx(0.1)
    assert chosen.gain == pytest.approx(0.9)


def test_if_the_mistake_cannot_be_told_apart_the_price_decides():
    alike = [0.4] * 10
    expensive = choose(alike, [11.0, *[20.5] * 9], [20.0] * 10)
    assert expensive.abstained == 1.0
    assert expensive.gain == pytest.approx((9 - 9 * 0.5) / 10)
    cheap = choose(alike, [19.0, *[20.5] * 9], [20.0] * 10)
    assert (cheap.threshold, cheap.abstained, cheap.gain) == (0.0, 0.0, 0.0)


def test_the_cap_holds_even_where_abstaining_more_would_gain_more():
    confidence = np.linspace(0.05, 0.95, 10)
    routed, dense = np.full(10, 10.0), np.full(10, 20.0)
    chosen = choose(confidence, routed, dense, cap=0.25)
    assert chosen.abstained == pytest.approx(0.2)
    assert chosen.gain == pytest.approx(2.0)
    assert choose(confidence, routed, dense, cap=0.0) == Abstention(0.0, 0.0, 0.0)


def test_a_group_of_equals_larger_than_the_cap_does_not_abstain():
    chosen = choose([0.4] * 5 + [0.9] * 5, [10.0] * 10, [20.0] * 10, cap=0.3)
    assert chosen.abstained == 0.0


def test_among_equals_the_smallest_threshold_wins():
    assert choose([0.5, 0.9], [20.0, 20.0], [20.0, 20.0]).threshold == 0.0
    assert choose([0.5, 0.9], [10.0, 20.0], [20.0, 10.0]).threshold == pytest.approx(0.51)


def test_good_experts_are_never_given_up():
    chosen = choose(np.linspace(0.34, 1, 30), np.full(30, 25.0), np.full(30, 24.0))
    assert chosen == Abstention(0.0, 0.0, 0.0)


def test_full_confidence_never_abstains():
    assert choose([1.0, 1.0], [10.0, 10.0], [20.0, 20.0]).abstained == 0.0


def test_it_equals_a_search_by_hand():
    rng = np.random.default_rng(0)
    confidence, routed, dense = rng.uniform(0.3, 1, 40), rng.normal(20, 3, 40), rng.normal(20, 3, 40)
    chosen = choose(confidence, routed, dense, cap=0.5, candidates=21)
    qualities = {}
    for step in range(21):
        low = confidence < step / 20
        if low.mean() <= 0.5:
            qualities[step / 20] = np.where(low, dense, routed).mean()
    best = max(qualities, key=lambda threshold: (round(qualities[threshold], 9), -threshold))
    assert chosen.threshold == pytest.approx(best)
    assert chosen.gain == pytest.approx(qualities[best] - routed.mean())


@pytest.mark.parametrize(
    ("confidence", "routed", "dense", "said"),
    [
        ([], [], [], "N > 0 images"),
        ([0.5], [1.0, 2.0], [1.0], r"\(1,\), 'routed': \(2,\)"),
        ([0.5, 0.6], [1.0, 2.0], [1.0], r"'dense': \(1,\)"),
        ([np.nan], [1.0], [1.0], "confidence: expected finite"),
        ([0.5], [1.0], [np.inf], "dense: expected finite"),
    ],
)
def test_bad_input_is_refused(confidence, routed, dense, said):
    with pytest.raises(DataError, match=said):
        choose(confidence, routed, dense)


def test_a_given_threshold_is_applied_not_chosen():
    arrays = [
        np.array(values)
        for values in ([0.2, 0.5, 0.9, 0.9], [10.0, 20.0, 30.0, 30.0], [14.0, 14.0, 14.0, 14.0])
    ]
    assert apply_threshold(*arrays, 0.5) == Abstention(0.5, 0.25, 1.0)
    assert apply_threshold(*arrays, 0.0) == Abstention(0.0, 0.0, 0.0)
    chosen = choose(*arrays)
    assert apply_threshold(*arrays, chosen.threshold) == chosen
