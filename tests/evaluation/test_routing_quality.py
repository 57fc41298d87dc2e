"""All of routing in one place, on tables small enough to check by eye."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.routing.fallback import Fallback
from moei_toolkit.evaluation.routing.routing_quality import RoutingQuality, judge_routing

QUALITY = np.array([[30.0, 25.0], [21.0, 21.04], [18.0, 26.0], [24.0, 20.0], [22.0, 27.0]])
COLUMNS = {
    "dense": np.array([26.0, 20.0, 24.0, 22.0, 25.0]),
    "chosen": np.array([0, 0, 0, 0, 1]),
    "abstained": np.array([False, False, True, True, False]),
    "weathers": ["rain", "haze", "haze", "rain", "haze"],
    "severity": np.array([0.2, 1 / 3, 0.5, 0.9, 1.0]),
}


def judge(**changes) -> RoutingQuality:
    return judge_routing(**{"quality": QUALITY, **COLUMNS, **changes})


def test_agreement_and_regret_by_hand():
    found = judge()
    assert found.tolerance == 0.05
    assert found.agreement == 3 / 5
    assert found.agreement_within == 4 / 5
    assert found.indifferent == 1 / 5
    # What the router lost, trusted or not: 0, 0.04, 8, 0, 0.
    assert found.regret_mean == pytest.approx(8.04 / 5)
    assert found.regret_p95 == pytest.approx(0.04 + 0.8 * (8 - 0.04))
    # What came out lies below the best expert by 0, 0.04, 26 - 24, 24 - 22, 0.
    assert found.oracle_gap == pytest.approx(4.04 / 5)


def test_another_tolerance():
    found = judge(tolerance=8.0)
    assert (found.agreement, found.agreement_within, found.indifferent) == (3 / 5, 1, 4 / 5)


def test_shares_before_and_after_abstaining():
    found = judge()
    assert found.utilization == (4 / 5, 1 / 5)
    assert found.taken == (2 / 5, 1 / 5, 2 / 5)
    assert found.largest_share == 4 / 5
    balanced = judge(chosen=np.array([0, 1, 1, 0, 1]))
    assert (balanced.agreement, balanced.regret_mean, balanced.largest_share) == (1, 0, 3 / 5)


def test_abstentions_by_weather_and_severity():
    # Falling back gained 24 - 18 = 6 dB on one image of haze and lost 2 dB on one of rain.
    fallback = judge().fallback
    assert fallback.overall == Fallback(5, 2 / 5, pytest.approx(4 / 5))
    assert fallback.by_weather == {"haze": Fallback(3, 1 / 3, 2.0), "rain": Fallback(2, 1 / 2, -1.0)}
    assert list(fallback.by_severity) == ["light", "medium", "heavy"]
    assert fallback.by_severity["light"] == Fallback(2, 0.0, 0.0)
    assert fallback.by_severity["medium"] == Fallback(1, 1.0, 6.0)
    assert fallback.by_severity["heavy"] == Fallback(2, 1 / 2, -1.0)


def test_a_route_that_was_not_decided_counts_as_it_was_taken():
    # The first image was sent to the second expert on purpose: 25 dB came out instead of 30.
    found = judge(taken=np.array([1, 0, 2, 2, 1]), achieved=np.array([25.0, 21.0, 24.0, 22.0, 27.0]))
    assert found.taken == (1 / 5, 2 / 5, 2 / 5)
    assert found.oracle_gap == pytest.approx(judge().oracle_gap + 5 / 5)
    assert (found.utilization, found.regret_mean) == (judge().utilization, judge().regret_mean)
    assert found.fallback == judge().fallback


def test_strata_without_images_are_left_out():
    assert list(judge(severity=np.full(5, 0.5)).fallback.by_severity) == ["medium"]


def test_clean_images_have_no_severity():
    weathers = ["rain", "haze", "clean", "rain", "haze"]
    found = judge(weathers=weathers, severity=np.array([0.2, 0.3, np.nan, 0.9, 1.0])).fallback
    assert found.by_weather["clean"] == Fallback(1, 1.0, 6.0)
    assert {name: part.images for name, part in found.by_severity.items()} == {"light": 2, "heavy": 2}
    assert judge(weathers=["clean"] * 5).fallback.by_severity == {}


def test_an_oracle_that_goes_by_the_error():
    # By its error, the second expert is the oracle's on the first image; by quality it stays 5 dB worse.
    errors = -QUALITY.copy() + 100
    errors[0] = [2.0, 1.0]
    found = judge(errors=errors)
    assert found.agreement == 2 / 5
    assert found.oracle_gap == pytest.approx((4.04 - 5) / 5)
    assert (found.agreement_within, found.regret_mean) == (4 / 5, pytest.approx(8.04 / 5))


def test_without_abstentions_the_gap_is_the_regret():
    found = judge(abstained=np.zeros(5, bool))
    assert found.oracle_gap == pytest.approx(found.regret_mean)
    assert found.fallback.overall == Fallback(5, 0.0, 0.0)


def test_abstaining_can_beat_every_expert():
    found = judge(dense=np.full(5, 40.0), abstained=np.ones(5, bool))
    assert found.oracle_gap == pytest.approx(np.mean([30, 21.04, 26, 24, 27]) - 40)
    assert found.taken == (0, 0, 1)


def test_one_image_and_one_expert():
    found = judge_routing([[20.0]], [19.0], [0], [False], ["rain"], [0.5])
    assert (found.agreement, found.indifferent, found.regret_mean, found.utilization) == (1, 1, 0, (1,))


def test_it_is_plain_json():
    text = json.dumps(dataclasses.asdict(judge()), allow_nan=False)
    assert json.loads(text)["fallback"]["by_weather"]["rain"] == {"images": 2, "abstained": 0.5, "gain": -1}


@pytest.mark.parametrize(
    "changes",
    [
        {"quality": np.full((5, 2), np.nan)},
        {"quality": np.zeros((0, 2))},
        {"quality": np.zeros(5)},
        {"quality": QUALITY[:4]},
        {"dense": np.full(5, np.nan)},
        {"dense": np.zeros(4)},
        {"chosen": np.array([0, 0, 0, 0, 2])},
        {"chosen": np.zeros(5)},
        {"abstained": np.zeros(5)},
        {"abstained": np.zeros(4, bool)},
        {"weathers": ["rain"]},
        {"severity": np.array([0.2, 0.3, 0.5, 0.9, 1.1])},
        {"severity": np.array([0.2, 0.3, np.nan, 0.9, 1.0])},
        {"severity": np.array([0.2])},
        {"errors": np.zeros((5, 3))},
        {"errors": np.full((5, 2), np.nan)},
        {"taken": np.full(5, 3)},
        {"taken": np.zeros(4, int)},
        {"achieved": np.zeros(4)},
        {"achieved": np.full(5, np.nan)},
    ],
)
def test_what_does_not_fit_is_refused(changes):
    with pytest.raises(DataError):
        judge(**changes)


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ConfigError, match="within"):
        judge(tolerance=-1.0)
