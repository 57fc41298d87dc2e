"""A ranking that does not hold on other data shows, and so does what calibrating again would bring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from row_examples import FACTS, example, rows_of

from moei_toolkit.calibrators.temperature import BOUNDS
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.quality import macro_psnr
from moei_toolkit.evaluation.results import derive_results
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.shift import Home, judge_shift, recalibrate


def test_the_same_data_rank_alike():
    shift = judge_shift(example(), macro_psnr(example()), least_tau=0.6, max_abstention=0.1, bins=15)
    assert shift.rank.tau == pytest.approx(1)
    assert shift.rank.policies == ("actual", "dense", "input")  # neither the oracle nor single experts
    assert not shift.sensitive
    assert shift.recalibration is None


def test_a_run_that_ranks_nothing_leaves_open_whether_other_data_rank_alike():
    untrained = dict.fromkeys(("input", "dense", "actual"), 20.0)
    facts = replace(FACTS, home=Home(untrained, None, "The run on other data."))
    results = derive_results(example(), facts)
    assert results.shift is None
    (ranked,) = results.objectives[9].checks
    assert ranked.measured.startswith("the ranking at home scores all of actual, dense, input 20")
    assert results.objectives[9].verdict == "not measured"


def strange_weather():
    """Twelve scenes on which every expert does harm, and the router is surest where it is wrong."""
    rows = []
    for scene in range(12):
        right = scene % 4 < 2
        psnr = {"input": 25, "dense": 24, "wet": 20 if right else 12, "gray": 12 if right else 20}
        rows += rows_of(f"s{scene:02d}-sand-0", "sand", psnr, wet=0.99)
    return rows


def test_reversed_rankings_are_sensitive_to_the_data():
    shift = judge_shift(strange_weather(), macro_psnr(example()), least_tau=0.6, max_abstention=1.0, bins=15)
    assert shift.rank.tau < 0
    assert shift.sensitive
    again = shift.recalibration
    assert again is not None
    # Half of the decisions are right: 99% sure was far too sure.
    assert again.temperature > 1
    assert again.after.ece < again.before.ece
    assert again.before.abstained == 0
    assert again.after.abstained == 1
    assert again.after.psnr == 24 > again.before.psnr
    assert (again.fitting, again.choosing, again.images) == (4, 4, 4)
    # Two of four are right whatever the confidence: no temperature is high enough.
    assert again.at_bound


def third(decisions, part: int) -> np.ndarray:
    """(N,) bool: images of every third scene, beginning with ``part``."""
    return np.isin(decisions.scenes, [f"toy/s{scene:02d}" for scene in range(part, 12, 3)])


@pytest.mark.parametrize(
    ("part", "chooses", "judges"), [(0, False, False), (1, True, False), (2, False, True)]
)
def test_the_threshold_is_chosen_on_one_third_and_judged_on_another(part, chooses, judges):
    decisions = decisions_of(strange_weather())
    better = np.where(third(decisions, part)[:, None], 40.0, decisions.psnr)
    plain, found = (recalibrate(replace(decisions, psnr=psnr), 1.0, 15) for psnr in (decisions.psnr, better))
    assert (found.threshold != plain.threshold) == chooses
    assert (found.before.psnr != plain.before.psnr) == judges


@pytest.mark.parametrize(("part", "temperature"), [(0, BOUNDS[0]), (1, BOUNDS[1]), (2, BOUNDS[1])])
def test_the_temperature_is_fitted_on_a_third_of_its_own(part, temperature):
    decisions = decisions_of(strange_weather())
    right = np.where(np.arange(2) == decisions.chosen[:, None], 0.1, 0.2)
    errors = np.where(third(decisions, part)[:, None], right, decisions.errors)
    found = recalibrate(replace(decisions, errors=errors), 1.0, 15)
    # Always right on those: as sure as the bounds allow, and that is told.
    assert found.temperature == temperature
    assert found.at_bound


@pytest.mark.parametrize("scenes", [1, 2])
def test_too_few_scenes_cannot_be_split(scenes):
    psnr = {"input": 25, "dense": 24, "wet": 20, "gray": 12}
    few = [row for scene in range(scenes) for row in rows_of(f"s{scene}-sand-0", "sand", psnr, wet=0.9)]
    shift = judge_shift(few, macro_psnr(example()), least_tau=0.6, max_abstention=1.0, bins=15)
    assert shift.sensitive
    assert shift.recalibration is None
    with pytest.raises(DataError, match="3 scenes or more"):
        recalibrate(decisions_of(few), 1.0, 15)


def test_too_few_common_policies_are_refused():
    few = [
        row for row in example() if row.policy in ("actual", "oracle", "dense", "expert.wet", "expert.gray")
    ]
    renamed = [row for row in example() if row.policy in ("input", "dense", "oracle")]
    with pytest.raises(DataError, match="at least 3 policies"):
        judge_shift(few, macro_psnr(renamed), least_tau=0.6, max_abstention=0.1, bins=15)
