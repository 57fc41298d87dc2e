"""What is derived from hand-made rows is what one gets by hand, and the same every time."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace

import numpy as np
import pytest
from row_examples import DIRECTIONS, FACTS, LONE_FACTS, TASK_OF_EXPERT, example, lone_rows, misrouted, rows_of

from moei_toolkit.evaluation.results import comparison_of, derive_results, shown_policies
from moei_toolkit.evaluation.shift import Home


@pytest.fixture(scope="module")
def results():
    return derive_results(example(), FACTS)


def test_decisions_by_hand(results):
    # The second rain image was given to "gray"; the abstained one would have been right.
    routing = results.routing
    assert results.experts == ("wet", "gray")
    assert routing.agreement == 3 / 4
    assert routing.oracle_gap == (0 + 10 + 0 + 3) / 4
    assert routing.taken == (1 / 4, 2 / 4, 1 / 4)
    assert routing.fallback.overall.abstained == 1 / 4
    # Confidences 0.9, 0.7, 0.8, 0.55 lie in four bins, of which one image each is right, wrong, right, right.
    assert results.calibration.ece == pytest.approx((0.1 + 0.7 + 0.2 + 0.45) / 4)


def test_a_misrouted_image_counts_along_the_route_it_took(results):
    routing = derive_results(misrouted("one-rain-0", "gray"), FACTS).routing
    assert routing.taken == (0, 3 / 4, 1 / 4)
    assert routing.oracle_gap == (10 + 10 + 0 + 3) / 4
    assert routing.fallback == results.routing.fallback


@pytest.mark.parametrize(("scenes", "verdict"), [(1, "not measured"), (2, "pass")])
def test_one_scene_passes_neither_calibration_nor_attribution(scenes, verdict):
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    rows = [one for scene in range(scenes) for one in rows_of(f"s{scene}-rain", "rain", psnr, wet=1.0)]
    found = {one.id: one for one in derive_results(rows, FACTS).objectives}
    assert (found["O5"].verdict, found["O8"].verdict) == (verdict, verdict)
    measured = found["O5"].checks[0].measured, found["O8"].checks[0].measured
    assert all((text.startswith("one scene only was tested")) == (scenes == 1) for text in measured)


def test_an_expert_is_compared_with_the_weather_it_serves(results):
    assert results.agreement_with_weather == 3 / 4
    assert results.oracle_is_weather == 1.0
    assert results.expert_gains == {"wet": 29 - 25, "gray": 20 - 17}
    assert results.single_gains == {}


def test_moe_i_is_compared_with_every_rival_that_is_there(results):
    assert {one.second for one in results.comparisons} == {"dense"}
    macro = comparison_of(results.comparisons, "dense", "psnr", "macro")
    assert macro is not None
    assert macro.difference == pytest.approx((24 - 25 + 18.5 - 17) / 2)
    assert macro.scenes == 2
    assert comparison_of(results.comparisons, "dense-equal", "psnr", "macro") is None


def with_rivals():
    rows = example()
    dense = [row for row in rows if row.policy == "dense"]
    worse = {"psnr": 1.0, "ssim": 0.02}
    equal = [
        replace(
            row,
            policy="dense-equal",
            route="dense-equal",
            metrics={name: row.metrics[name] - worse[name] for name in row.metrics},
        )
        for row in dense
    ]
    single = [replace(row, policy="single.wet", route="single.wet") for row in dense]
    return [*rows, *equal, *single]


def test_rivals_bring_their_comparisons_and_objectives(results):
    facts = replace(FACTS, task_of_single={"wet": "rain"})
    found = derive_results(with_rivals(), facts)
    verdicts = {one.id: one.verdict for one in found.objectives}
    assert verdicts["O6"] == "fail"  # two scenes prove nothing
    assert [check.holds for check in found.objectives[5].checks] == [True, None, False]  # without LPIPS
    psnr = next(check for check in found.objectives[5].checks if "PSNR" in check.what)
    assert psnr.measured == "+1.25 dB"
    assert psnr.holds
    assert found.single_gains == {"wet": 0.0}
    assert verdicts["O2"] == "not measured"  # without a published median
    assert {one.second for one in found.comparisons} == {"dense", "dense-equal"}
    assert shown_policies(with_rivals()) == ["input", "dense", "dense-equal", "actual", "oracle"]


def test_less_is_better_for_a_distance():
    rows = [replace(row, metrics={**row.metrics, "lpips": 1 / row.metrics["psnr"]}) for row in with_rivals()]
    facts = replace(FACTS, higher_is_better={**DIRECTIONS, "lpips": False})
    lpips = next(c for c in derive_results(rows, facts).objectives[5].checks if "LPIPS" in c.what)
    equal = np.mean([(1 / 23 + 1 / 25) / 2, (1 / 15 + 1 / 17) / 2])
    actual = np.mean([(1 / 28 + 1 / 20) / 2, (1 / 19 + 1 / 18) / 2])
    assert lpips.measured == f"{equal - actual:.3f}"


def test_objectives_follow_the_limits_of_the_config(results):
    verdict = {one.id: one.verdict for one in results.objectives}
    assert verdict["O4"] == "fail"
    lenient = replace(FACTS, limits=FACTS.limits.model_copy(update={"agreement": 0.7, "largest_share": 0.8}))
    assert {one.id: one.verdict for one in derive_results(example(), lenient).objectives}["O4"] == "pass"


def test_falling_back_that_harms_fails_the_calibration(results):
    (ece, abstained, change, ssim) = results.objectives[4].checks
    assert change.measured == f"{np.mean([0, (18 - 21) / 2]):+.2f} dB"
    assert ssim.measured == f"{np.mean([0, (18 - 21) / 100]):.3f}"
    assert not change.holds
    assert not abstained.holds
    assert not ece.holds


def test_other_data_are_ranked_against_home(results):
    home = {policy: means["psnr"] for policy, means in results.quality.macro.items()}
    shift = derive_results(example(), replace(FACTS, home=Home(home, None, ""))).shift
    assert results.shift is None
    assert shift is not None
    assert shift.rank.tau == pytest.approx(1)


def test_the_same_rows_give_the_same_bytes(results):
    again = derive_results(example(), FACTS)
    assert json.dumps(asdict(again)) == json.dumps(asdict(results), allow_nan=False)


def test_the_order_of_rows_does_not_matter_for_quality(results):
    rows = example()
    random.Random(0).shuffle(rows)
    assert derive_results(rows, FACTS).quality == results.quality


def test_a_single_scene_has_results_but_no_interval():
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    alone = derive_results(rows_of("one-rain-0", "rain", psnr, wet=0.9), FACTS)
    macro = comparison_of(alone.comparisons, "dense", "psnr", "macro")
    assert macro is not None
    assert macro.significance is None
    assert macro.reason
    assert alone.expert_gains == {"wet": 4}
    assert TASK_OF_EXPERT["gray"] not in alone.quality.weathers


def test_one_expert_of_one_weather_has_results_but_no_choices():
    lone = derive_results(lone_rows(), LONE_FACTS)
    found = {one.id: {check.what: check for check in one.checks} for one in lone.objectives}
    chosen = [
        *found["O4"].values(),
        found["O5"]["ECE"],
        found["O8"]["gap to the oracle, or agreement with it"],
    ]
    assert [check.measured for check in chosen] == ["there is one expert only"] * 4
    assert {one.id for one in lone.objectives if one.verdict == "pass"} == {"O3"}
    assert lone.routing.agreement == 1.0
    assert json.loads(json.dumps(asdict(lone), allow_nan=False))["experts"] == ["wet"]


def test_data_that_the_run_has_seen_are_not_other_data(results):
    home = {policy: means["psnr"] for policy, means in results.quality.macro.items()}
    seen = derive_results(example(), replace(FACTS, home=Home(home, "2 of 5 images are known", "")))
    assert seen.shift is None
    other = next(one for one in seen.objectives if one.id == "O10")
    assert (other.verdict, other.checks[0].measured) == ("not measured", "2 of 5 images are known")
