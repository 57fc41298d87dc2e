"""An objective passes when it was measured and every check of it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moei_toolkit.config.sections.judging import Objectives
from moei_toolkit.evaluation.checks import Check, Missing, compared
from moei_toolkit.evaluation.costs import MeasuredCosts
from moei_toolkit.evaluation.objectives import (
    Certainty,
    Evidence,
    Gain,
    Objective,
    judge_objectives,
)

SURE = Certainty(low=0.2, high=0.6, p=0.001, cohens_d=1.5)
CLEAR = Gain(difference=0.4, certainty=SURE)
GOOD = Evidence(
    expert_gains={"rain": 0.5, "haze": 0.0},
    expert_shares={"rain": 0.02, "haze": 0.03},
    single_gains={"rain": 0.8},
    dense_psnr=25.0,
    agreement=0.85,
    largest_share=0.4,
    ece=0.03,
    ece_null=0.04,
    abstained=0.10,
    fallback_gains={"psnr": 0.0, "ssim": 0.0},
    oracle_gap=0.5,
    rank_tau=0.6,
    costs=None,
    weathers=2,
    over_equal={"equal FLOPs": {"psnr": CLEAR, "lpips": replace(CLEAR, difference=0.015)}},
)
CHEAP = MeasuredCosts(
    image="3840x2160",
    quick=False,
    policies={},
    drift={"latency": 0.05, "ms_per_mp": 0.05, "peak_memory": 0.0, "throughput": 0.05},
    latency_over_dense=0.05,
    memory_over_dense=0.05,
    noise=0.05,
    max_noise=0.05,
)
LIMITS = Objectives(dense_reference_psnr=25.1)


def unsure(**changes: float | None) -> Gain:
    return replace(CLEAR, certainty=replace(SURE, **changes))


def verdicts(evidence: Evidence = GOOD, limits: Objectives = LIMITS) -> dict[str, str]:
    return {objective.id: objective.verdict for objective in judge_objectives(evidence, limits)}


def test_every_objective_is_judged_in_order():
    assert list(verdicts()) == [f"O{number}" for number in range(1, 12)]


def test_what_just_reaches_its_threshold_passes():
    passed = [name for name, verdict in verdicts().items() if verdict == "pass"]
    assert passed == ["O2", "O3", "O4", "O5", "O6", "O8", "O10"]


@pytest.mark.parametrize("name", ["O1", "O7", "O9", "O11"])
def test_what_was_not_measured_never_passes(name):
    assert verdicts()[name] == "not measured"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("O2", {"dense_psnr": 24.8}),
        ("O2", {"single_gains": {"rain": 0.8, "haze": -0.01}}),
        ("O3", {"expert_gains": {"rain": 0.5, "haze": -0.01}}),
        ("O3", {"expert_shares": {"rain": 0.031}}),
        ("O4", {"agreement": 0.849}),
        ("O4", {"largest_share": 0.70}),
        ("O5", {"ece": 0.031}),
        ("O5", {"abstained": 0.11}),
        ("O5", {"fallback_gains": {"psnr": 0.1, "ssim": -0.01}}),
        ("O6", {"over_equal": {"equal FLOPs": {"psnr": replace(CLEAR, difference=0.19), "lpips": CLEAR}}}),
        ("O6", {"over_equal": {"equal FLOPs": {"psnr": CLEAR, "lpips": replace(CLEAR, difference=0.0)}}}),
        ("O6", {"over_equal": {"equal FLOPs": {"psnr": unsure(low=-0.1), "lpips": CLEAR}}}),
        ("O6", {"over_equal": {"equal FLOPs": {"psnr": unsure(p=0.05), "lpips": CLEAR}}}),
        ("O6", {"over_equal": {"equal FLOPs": {"psnr": unsure(cohens_d=0.1), "lpips": CLEAR}}}),
        ("O8", {"agreement": 0.8}),
        ("O10", {"rank_tau": 0.59}),
    ],
)
def test_one_check_that_does_not_hold_fails_it(name, change):
    assert verdicts(replace(GOOD, **change))[name] == "fail"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("O2", {"single_gains": {}}),
        ("O10", {"rank_tau": Missing("no other data were tested")}),
        ("O3", {"expert_gains": {"rain": 0.5, "haze": Missing("no images of haze were tested")}}),
        ("O4", {"largest_share": Missing("one weather only was tested")}),
        ("O6", {"over_equal": {"equal FLOPs": {"psnr": unsure(cohens_d=None), "lpips": CLEAR}}}),
        (
            "O6",
            {
                "over_equal": {
                    "equal FLOPs": {"psnr": replace(CLEAR, certainty=Missing("1 scene")), "lpips": CLEAR}
                }
            },
        ),
        ("O6", {"over_equal": {}}),
        ("O6", {"over_equal": {"equal FLOPs": {"psnr": CLEAR}}}),
    ],
)
def test_one_check_without_a_measurement_leaves_it_open(name, change):
    assert verdicts(replace(GOOD, **change))[name] == "not measured"


def test_without_a_published_median_dense_is_not_judged():
    assert verdicts(limits=Objectives())["O2"] == "not measured"
    worse = replace(GOOD, single_gains={"rain": -1.0})
    assert verdicts(worse, Objectives())["O2"] == "fail"


def test_a_small_gap_to_the_oracle_makes_up_for_agreement():
    assert verdicts(replace(GOOD, agreement=0.5, oracle_gap=0.3))["O8"] == "pass"


def test_choices_that_were_none_leave_open_what_is_judged_by_them():
    none = Missing("there is one expert only")
    lone = replace(GOOD, agreement=none, largest_share=none, ece=none, oracle_gap=none)
    found = {one.id: one for one in judge_objectives(lone, LIMITS)}
    assert {found[name].verdict for name in ("O4", "O5", "O8")} == {"not measured"}
    (attribution,) = found["O8"].checks
    assert attribution == Check(
        "gap to the oracle, or agreement with it", none.reason, "<= 0.30 dB, or >= 85.0%", None
    )
    assert found["O5"].checks[0].measured == none.reason
    assert verdicts(replace(lone, abstained=0.2))["O5"] == "fail"


def test_significance_in_one_budget_is_enough():
    unclear = unsure(low=-0.2, p=0.4)
    budgets = {
        "equal FLOPs": {"psnr": unclear, "lpips": CLEAR},
        "equal latency": {"psnr": CLEAR, "lpips": CLEAR},
    }
    assert verdicts(replace(GOOD, over_equal=budgets))["O6"] == "pass"


def test_thresholds_come_from_the_config():
    assert verdicts(limits=Objectives(agreement=0.9))["O4"] == "fail"


def test_an_objective_without_checks_is_not_measured():
    assert Objective("O0", "nothing", ()).verdict == "not measured"
    assert Objective("O0", "one", (Check("a", "1", ">= 0", True),)).verdict == "pass"


def test_the_checks_say_what_was_measured():
    (agreement, share) = judge_objectives(GOOD, LIMITS)[3].checks
    assert (agreement.measured, agreement.threshold) == ("85.0%", ">= 85.0%")
    assert (share.measured, share.threshold) == ("40.0%", "< 70.0%")


@pytest.mark.parametrize("name", ["O1", "O7", "O9", "O11"])
def test_what_was_not_measured_shows_its_threshold(name):
    checks = next(one.checks for one in judge_objectives(GOOD, LIMITS) if one.id == name)
    assert all(check.threshold and check.measured for check in checks)


@pytest.mark.parametrize(
    ("tau", "said"), [(None, "none in studies."), (0.6, "judged on the run's own data only")]
)
def test_studies_are_asked_for_where_they_would_be_judged(tau, said):
    found = {one.id: one for one in judge_objectives(replace(GOOD, rank_tau=tau), LIMITS)}
    assert all(check.measured.startswith(said) for name in ("O9", "O11") for check in found[name].checks)


def test_a_small_p_value_is_not_shown_as_zero():
    gains = {"equal FLOPs": {"psnr": unsure(p=1e-5), "lpips": CLEAR}}
    found = {one.id: one for one in judge_objectives(replace(GOOD, over_equal=gains), LIMITS)}
    assert "p < 0.001, d" in found["O6"].checks[-1].measured


@pytest.mark.parametrize(("weathers", "called"), [(2, "macro"), (1, "macro (one weather)")])
def test_a_mean_over_one_weather_is_called_so(weathers, called):
    found = {one.id: one for one in judge_objectives(replace(GOOD, weathers=weathers), LIMITS)}
    means = [check.what for name in ("O5", "O6") for check in found[name].checks if "macro" in check.what]
    assert means == [
        f"{called} PSNR, what falling back changed",
        f"{called} SSIM, what falling back changed",
        f"{called} PSNR, equal FLOPs",
        f"{called} LPIPS, equal FLOPs, reduction",
    ]


def test_any_lpips_network_counts():
    gains = {"equal FLOPs": {"psnr": CLEAR, "lpips_squeeze": replace(CLEAR, difference=0.02)}}
    assert verdicts(replace(GOOD, over_equal=gains))["O6"] == "pass"


def test_a_missing_measurement_gives_its_reason():
    lone = replace(GOOD, largest_share=Missing("one weather only was tested"))
    share = judge_objectives(lone, LIMITS)[3].checks[1]
    assert (share.measured, share.threshold, share.holds) == ("one weather only was tested", "< 70.0%", None)


def test_costs_at_their_limits_pass():
    found = verdicts(replace(GOOD, costs=CHEAP))
    assert (found["O1"], found["O7"]) == ("pass", "pass")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"drift": {**CHEAP.drift, "throughput": 0.051}}, ("fail", "pass")),
        ({"drift": {}}, ("not measured", "pass")),
        ({"latency_over_dense": 0.051}, ("pass", "fail")),
        ({"memory_over_dense": 0.051}, ("pass", "fail")),
        ({"noise": 0.051}, ("pass", "not measured")),
        ({"noise": 0.051, "memory_over_dense": 0.2}, ("pass", "fail")),
    ],
)
def test_a_cost_too_high_or_too_uncertain_does_not(change, expected):
    found = verdicts(replace(GOOD, costs=replace(CHEAP, **change)))
    assert (found["O1"], found["O7"]) == expected


def test_a_quick_benchmark_says_so():
    found = {one.id: one for one in judge_objectives(replace(GOOD, costs=replace(CHEAP, quick=True)), LIMITS)}
    assert all(", quick" in check.what for check in found["O1"].checks)


@pytest.mark.parametrize(
    ("value", "relation", "limit", "unit", "told"),
    [
        (-0.0003, ">=", 0.0, "", "-0.0003"),
        (0.84996, ">=", 0.85, "%", "84.996%"),
        (0.1996, ">=", 0.2, "dB", "+0.1996 dB"),
        (0.0496, "<", 0.05, "dB", "0.0496 dB"),
        (0.0, ">=", 0.0, "", "+0.000"),
        (0.6, ">=", 0.6, "", "0.600"),
    ],
)
def test_a_value_has_the_digits_that_show_on_which_side_of_its_limit_it_is(
    value, relation, limit, unit, told
):
    assert compared("it", value, relation, limit, unit).measured == told


def test_latency_is_named_by_the_size_it_was_measured_at():
    costs = replace(CHEAP, image="1920x1080")
    found = {one.id: one for one in judge_objectives(replace(GOOD, costs=costs), LIMITS)}
    assert found["O1"].checks[0].what == "drift of latency at 1920x1080"
    assert found["O7"].checks[0].what == "latency at 1920x1080 over dense"
