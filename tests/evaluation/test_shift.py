"""A ranking that does not hold on other data shows, and so does what calibrating again would bring."""

from __future__ import annotations

import numpy as np
import pytest
from row_examples import example, rows_of

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.quality import macro_psnr
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.shift import judge_shift, recalibrate


def test_the_same_data_rank_alike():
    shift = judge_shift(example(), macro_psnr(example()), least_tau=0.6, max_abstention=0.1, bins=15)
    assert shift.rank.tau == pytest.approx(1)
    assert "oracle" not in shift.rank.policies
    assert not shift.sensitive
    assert shift.recalibration is None


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
    assert again.images == 6


def test_recalibrating_judges_only_scenes_it_was_not_fitted_on():
    rows = strange_weather()
    decisions = decisions_of(rows)
    before = recalibrate(decisions, 1.0, 15)
    fitted = sorted(set(decisions.scenes))[::2]
    names = [f"{row.dataset}/{row.scene_id}" for row in rows]
    swapped = decisions_of([row for row, name in zip(rows, names, strict=True) if name not in fitted])
    assert np.isclose(before.before.psnr, swapped.routed.mean())


def test_one_scene_cannot_be_split():
    psnr = {"input": 25, "dense": 24, "wet": 20, "gray": 12}
    one = rows_of("s0-sand-0", "sand", psnr, wet=0.9)
    assert (
        judge_shift(one, macro_psnr(example()), least_tau=0.6, max_abstention=1.0, bins=15).recalibration
        is None
    )
    with pytest.raises(DataError, match="two scenes or more"):
        recalibrate(decisions_of(one), 1.0, 15)


def test_too_few_common_policies_are_refused():
    few = [
        row for row in example() if row.policy in ("actual", "oracle", "dense", "expert.wet", "expert.gray")
    ]
    renamed = [row for row in example() if row.policy in ("input", "dense", "oracle")]
    with pytest.raises(DataError, match="at least 3 policies"):
        judge_shift(few, macro_psnr(renamed), least_tau=0.6, max_abstention=0.1, bins=15)
