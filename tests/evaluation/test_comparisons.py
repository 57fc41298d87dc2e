"""Every pair, metric and weather is compared at once, and what cannot be said is said."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from row_examples import example, row
from scipy import stats

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.statistics.bootstrap import bootstrap_scenes
from moei_toolkit.evaluation.statistics.comparisons import MACRO, Comparison, Interval, compare_all
from moei_toolkit.evaluation.statistics.paired_tests import paired_tests
from moei_toolkit.evaluation.statistics.scene_sums import sum_by_scene

PSNR = {"psnr": True}


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def table(weathers: dict[str, list[str]], policies: dict[str, float], seed: int = 0) -> list[Row]:
    """Rows of images (weather -> scene of each) under policies (name -> mean PSNR)."""
    rng = generator(seed)
    rows = []
    for weather, scenes in weathers.items():
        for number, scene in enumerate(scenes):
            for policy, mean in policies.items():
                psnr = mean + rng.normal()
                metrics = {"psnr": psnr, "lpips": 1 / psnr}
                name = f"{scene}-{weather}-{number}"
                rows.append(row(name, weather, policy, "dense", psnr, scene_id=scene, metrics=metrics))
    return rows


POLICIES = {"dense": 24.0, "actual": 26.0, "oracle": 26.2}
ROWS = table({"rain": list("aabcdef"), "haze": list("abcdeef")}, POLICIES)
PAIRS = [("actual", "dense"), ("actual", "oracle")]
METRICS = {"psnr": True, "lpips": False}


def test_records_come_by_pair_metric_and_weather():
    found = compare_all(ROWS, PAIRS, METRICS, generator(), resamples=100)
    assert [(one.first, one.second, one.metric, one.weather) for one in found] == [
        (*pair, metric, weather)
        for pair in PAIRS
        for metric in METRICS
        for weather in ("haze", "rain", MACRO)
    ]
    assert [(one.images, one.scenes) for one in found[:3]] == [(7, 6), (7, 6), (14, 6)]
    assert {one.level for one in (record.significance for record in found)} == {0.95}


def test_a_record_is_what_the_parts_say_of_its_images():
    found = compare_all(ROWS, PAIRS, METRICS, generator(5), resamples=400, level=0.9)
    record = found[-1]  # actual, oracle, lpips, macro
    values = {(one.id, one.policy): one.metrics["lpips"] for one in ROWS}
    images = sorted({one.id: one for one in ROWS}.items())
    differences = np.array([[values[name, "actual"] - values[name, "oracle"]] for name, _ in images])
    labels = [np.array([getattr(one, field) for _, one in images]) for field in ("scene_id", "degradation")]
    data = sum_by_scene(differences, *labels)
    drawn = bootstrap_scenes(data, generator(int(generator(5).integers(2**63))), 400, 0.9)
    means = [differences[labels[1] == weather].mean() for weather in ("haze", "rain")]
    assert record.difference == pytest.approx(np.mean(means), abs=1e-12)
    bounds = record.significance.bca, record.significance.percentile
    assert [(bound.low, bound.high) for bound in bounds] == [
        pytest.approx(tuple(expected[0]), abs=1e-12) for expected in (drawn.bca, drawn.percentile)
    ]
    (tested,) = paired_tests(data.of_scenes())
    assert record.significance.tests.p_wilcoxon == tested.p_wilcoxon
    assert record.significance.tests.cohens_d == pytest.approx(tested.cohens_d, abs=1e-12)


def test_one_image_a_scene_is_tested_as_scipy_tests_images():
    rows = table({"rain": [str(number) for number in range(25)]}, POLICIES)
    record = compare_all(rows, PAIRS[:1], PSNR, generator(), resamples=100)[0]
    first, second = ([one.metrics["psnr"] for one in rows if one.policy == name] for name in PAIRS[0])
    assert record.significance.tests.p_t == pytest.approx(stats.ttest_rel(first, second).pvalue, abs=1e-12)
    assert record.significance.tests.p_wilcoxon == stats.wilcoxon(np.subtract(first, second)).pvalue


def test_clean_images_are_left_out():
    found = compare_all(example(), [("actual", "dense")], PSNR, generator())
    assert [one.weather for one in found] == ["haze", "rain", MACRO]
    assert found[1].difference == (28 + 20) / 2 - 25
    assert found[2].difference == ((28 + 20) / 2 - 25 + (19 + 18) / 2 - 17) / 2


def test_what_is_better_follows_the_metric():
    found = compare_all(ROWS, [("actual", "dense"), ("dense", "actual")], METRICS, generator(), resamples=500)
    macro = [one for one in found if one.weather == MACRO]
    assert [one.finding for one in macro] == ["better", "better", "worse", "worse"]
    assert [one.difference > 0 for one in macro] == [True, False, False, True]
    assert [one.significance.tests.cohens_d > 0 for one in macro] == [True, False, False, True]


def test_a_difference_that_may_be_none_stays_open():
    rows = table({"rain": list("abcdefgh")}, {"first": 25.0, "second": 25.0})
    assert compare_all(rows, [("first", "second")], PSNR, generator())[0].finding == "open"
    assert compare_all(rows, [("first", "first")], PSNR, generator())[0].finding == "open"


def test_an_interval_without_the_t_test_is_no_finding():
    # The interval excludes 0; by the t-test four scenes give as much by chance once in five times.
    differences = [0.05, 0.3, 0.1, 1.2]
    rows = [
        row(f"{number}-rain", "rain", policy, "dense", psnr, scene_id=str(number))
        for number, difference in enumerate(differences)
        for policy, psnr in (("actual", 20 + difference), ("dense", 20.0))
    ]
    pairs = [("actual", "dense"), ("dense", "actual")]
    for found in compare_all(rows, pairs, PSNR, generator()):
        assert found.significance.bca.low * found.significance.bca.high > 0
        assert found.significance.tests.p_t > 0.05
        assert found.finding == "open"


def test_an_interval_and_a_t_test_that_contradict_each_other_are_no_finding():
    # Six scenes of many images gain 1 dB, forty of one image lose as much: most images, but few scenes.
    rng, rows = generator(), []
    for scene in range(46):
        for image in range(200 if scene < 6 else 1):
            difference = (1 if scene < 6 else -1) + 0.1 * rng.normal()
            for policy, psnr in (("actual", 30 + difference), ("dense", 30.0)):
                name = f"{scene}-rain-{image}"
                rows.append(row(name, "rain", policy, "dense", psnr, scene_id=str(scene)))
    found = compare_all(rows, PAIRS[:1], PSNR, generator(), resamples=500)[0]
    assert found.significance.bca.low > 0
    assert found.significance.tests.p_t < 0.05
    assert found.significance.tests.cohens_d < 0
    assert found.finding == "open"


def test_six_scenes_without_a_difference_give_a_finding_no_more_often_than_said():
    findings = []
    for seed in range(40):
        policies = {f"p{number}": 25.0 for number in range(11)}
        rows = table({"rain": list("abcdef")}, policies, seed=seed)
        pairs = [(f"p{number}", f"p{number + 1}") for number in range(0, 10, 2)]
        findings += [one.finding for one in compare_all(rows, pairs, PSNR, generator(seed), 500)[::2]]
    wrong = np.mean([finding != "open" for finding in findings])
    assert len(findings) == 200
    # 5% are due, and three standard errors are 4.6%; by the interval alone it would be 15%.
    assert wrong <= 0.096


def without_rounding(record: Comparison) -> dict:
    return json.loads(json.dumps(asdict(record)), parse_float=lambda digits: round(float(digits), 10))


def test_a_record_does_not_depend_on_what_else_is_asked():
    together = compare_all(ROWS, PAIRS, METRICS, generator(3), resamples=300)
    alone = compare_all(ROWS, PAIRS[1:], {"lpips": False}, generator(3), resamples=300)
    assert [without_rounding(one) for one in together[-3:]] == [without_rounding(one) for one in alone]


def test_rows_in_any_order_give_the_same_records():
    shuffled = [ROWS[number] for number in generator(1).permutation(len(ROWS))]
    first, second = (compare_all(rows, PAIRS, METRICS, generator(3), 300) for rows in (ROWS, shuffled))
    assert first == second


def test_another_generator_gives_other_resamples():
    rng = generator(3)
    first, second = (compare_all(ROWS, PAIRS[:1], PSNR, rng, 300)[0].significance for _ in range(2))
    assert first.bca != second.bca
    assert first.tests == second.tests


def test_records_are_json():
    found = compare_all(example(), [("actual", "dense")], PSNR, generator(), resamples=50)
    read = json.loads(json.dumps([asdict(one) for one in found], allow_nan=False))
    assert read[0]["significance"]["bca"] == asdict(found[0].significance.bca)
    assert read[0]["reason"] is None


def test_with_one_weather_macro_is_that_weather():
    rain, macro = compare_all(table({"rain": list("abcd")}, POLICIES), PAIRS[:1], PSNR, generator())
    assert (macro.weather, macro.significance) == (MACRO, rain.significance)


def test_one_image_has_a_difference_and_a_reason():
    rain, macro = compare_all(table({"rain": ["a"]}, POLICIES), PAIRS[:1], PSNR, generator())
    assert (rain.images, rain.scenes, rain.significance, rain.finding) == (1, 1, None, "open")
    assert rain.reason == macro.reason
    assert "two scenes or more, got one of rain" in rain.reason
    assert np.isfinite(rain.difference)


def test_a_weather_of_one_scene_does_not_fail_the_others():
    rows = table({"rain": list("abcd"), "haze": list("eee")}, POLICIES)
    haze, rain, macro = compare_all(rows, PAIRS[:1], PSNR, generator(), resamples=100)
    assert haze.significance is None
    assert macro.significance is None
    assert "got one of haze" in macro.reason
    assert rain.significance is not None
    assert rain.reason is None


def test_a_scene_that_lacks_a_weather_is_resampled_with_the_others():
    rows = table({"rain": list("abcd"), "haze": list("abc")}, POLICIES)
    haze, rain, macro = compare_all(rows, PAIRS[:1], PSNR, generator(), resamples=500)
    assert (haze.scenes, rain.scenes, macro.scenes) == (3, 4, 4)
    assert macro.difference == pytest.approx((haze.difference + rain.difference) / 2)
    assert macro.significance.bca.low < macro.difference < macro.significance.bca.high


def test_the_same_difference_on_every_image():
    rows = [
        row(f"{scene}-rain", "rain", policy, "dense", psnr)
        for scene, base in (("a", 20.7), ("b", 30.1), ("c", 25.9))
        for policy, psnr in (("dense", base), ("actual", base + 0.1))
    ]
    record = compare_all(rows, PAIRS[:1], PSNR, generator())[0]
    significance = record.significance
    assert record.finding == "open"  # without any spread, nothing says how sure it is
    assert (significance.bca.low, significance.bca.high) == pytest.approx((0.1, 0.1), abs=1e-12)
    assert significance.tests.cohens_d is None
    assert compare_all(rows, [("dense", "dense")], PSNR, generator())[0].significance.bca == Interval(
        0.0, 0.0
    )


def test_nothing_asked_is_nothing_found():
    assert compare_all(ROWS, [], METRICS, generator()) == ()
    assert compare_all(ROWS, PAIRS, {}, generator()) == ()


@pytest.mark.parametrize(
    ("rows", "pair", "metrics", "said"),
    [
        (
            example(),
            ("actual", "dense-equal"),
            PSNR,
            r"no degraded image has the policy 'dense-equal'.*'dense'",
        ),
        (
            [*example(), row("lost", "rain", "actual", "wet", 20.0)],
            ("actual", "dense"),
            PSNR,
            r"under the policy 'dense', got 1 of 5 without, such as 'lost'",
        ),
        ([*example(), example()[0]], ("actual", "dense"), PSNR, r"'one-rain-0'.*two of 'input'"),
        (
            example(),
            ("actual", "dense"),
            {"lpips": False},
            r"'one-haze-0'.*'actual'.*'lpips' was not computed",
        ),
        ([], ("actual", "dense"), PSNR, "rows of degraded images, got none"),
        (example()[-6:], ("actual", "dense"), PSNR, "rows of degraded images, got none"),
    ],
)
def test_rows_that_cannot_be_compared_are_named(rows, pair, metrics, said):
    with pytest.raises(DataError, match=said):
        compare_all(rows, [pair], metrics, generator())


@pytest.mark.parametrize(("value", "said"), [(np.nan, "finite psnr, got nan"), (None, "was not computed")])
def test_a_metric_without_a_value_is_named(value, said):
    spoilt = [
        row(
            name,
            "rain",
            policy,
            "dense",
            20.0,
            metrics={"psnr": value if name + policy == "bdense" else 20.0},
        )
        for name in "ab"
        for policy in ("actual", "dense")
    ]
    with pytest.raises(DataError, match=f"image 'b', policy 'dense': .*{said}"):
        compare_all(spoilt, PAIRS[:1], PSNR, generator())


def test_options_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="expected level"):
        compare_all(ROWS, PAIRS, METRICS, generator(), level=1.5)
