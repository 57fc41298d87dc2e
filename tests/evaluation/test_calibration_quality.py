"""All of calibration in one place: the interval holds the truth, the p-value tells chance from fault."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from confidence_examples import evenly_spread, routed

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.reliability.bins import equal_mass_bins, reliability_bins
from moei_toolkit.evaluation.reliability.calibration_chance import (
    errors_of_other_scenes,
    errors_when_calibrated,
)
from moei_toolkit.evaluation.reliability.calibration_error import (
    brier_score,
    debiased_squared_error,
    decision_likelihood,
    error_over,
    expected_calibration_error,
)
from moei_toolkit.evaluation.reliability.calibration_quality import (
    COVERAGE_CALIBRATED,
    CalibrationQuality,
    judge_calibration,
)


def judge(confidence, correct, scenes=None, seed: int = 0, **options) -> CalibrationQuality:
    scenes = np.arange(len(confidence)) if scenes is None else scenes
    options = {"resamples": 400, **options}
    return judge_calibration(confidence, correct, scenes, np.random.default_rng(seed), **options)


def test_it_holds_what_each_measure_says():
    confidence, correct = routed(200)
    scenes = np.arange(200) // 4
    found = judge(confidence, correct, scenes, bins=10)
    table = reliability_bins(confidence, correct, 10)
    assert (found.decisions, found.scenes, found.level) == (200, 50, 0.95)
    assert found.accuracy == pytest.approx(correct.mean())
    assert found.confidence == pytest.approx(confidence.mean())
    assert found.ece == expected_calibration_error(confidence, correct, 10)
    assert found.ece_equal_mass == error_over(equal_mass_bins(confidence, correct, 10))
    assert found.squared_error_debiased == debiased_squared_error(table)
    assert found.brier == brier_score(confidence, correct)
    assert found.nll == decision_likelihood(confidence, correct)
    assert found.bins == tuple(table)


def test_the_interval_mirrors_the_resamples_and_the_p_value_counts_calibrated_routers():
    confidence, correct = routed(200)
    scenes, generator = np.arange(200) // 4, np.random.default_rng(0)
    found = judge(confidence, correct, scenes, level=0.9)
    drawn = errors_of_other_scenes(confidence, correct, scenes, 15, generator, 400)
    high, low = np.quantile(drawn, [0.05, 0.95])
    assert (found.ece_low, found.ece_high) == pytest.approx((2 * found.ece - low, 2 * found.ece - high))
    calibrated = errors_when_calibrated(confidence, 15, generator, 400)
    assert found.ece_calibrated == pytest.approx(calibrated.mean())
    assert found.p_calibrated == (1 + (calibrated >= found.ece).sum()) / 401


def test_equal_errors_count_for_the_p_value():
    # Nine of ten right at .9 is no error at all, so every calibrated router shows at least that.
    assert judge([0.9] * 10, [1] * 9 + [0]).p_calibrated == 1
    # At .5 every error is tied with its mirror image: 5 -/+ 3 of 10.
    certain = judge([0.5] * 10, [1] * 8 + [0] * 2, resamples=4000)
    assert certain.p_calibrated == pytest.approx(2 * 56 / 1024, abs=0.015)


def test_a_calibrated_router_is_told_from_one_that_is_not():
    confidence = evenly_spread(0.85, 300)
    generator = np.random.default_rng(0)
    found = [judge(confidence, generator.random(300) < confidence, seed=seed) for seed in range(100)]
    p_values = np.array([each.p_calibrated for each in found])
    assert np.mean(p_values <= 0.1) == pytest.approx(0.1, abs=3 * 0.03)
    assert p_values.mean() == pytest.approx(0.5, abs=3 * 0.029)
    over_confident = judge(confidence, generator.random(300) < confidence - 0.2)
    assert over_confident.p_calibrated == 1 / 401
    assert over_confident.ece > 3 * over_confident.ece_calibrated


def test_the_interval_of_a_calibrated_router_mostly_reaches_zero_where_percentiles_never_do():
    confidence, generator = evenly_spread(0.85, 300), np.random.default_rng(0)
    reached = 0
    for seed in range(60):
        correct = generator.random(300) < confidence
        reached += judge(confidence, correct, seed=seed, resamples=200).ece_low == 0
        drawn = errors_of_other_scenes(
            confidence, correct, np.arange(300), 15, np.random.default_rng(seed), 200
        )
        assert np.quantile(drawn, 0.025) > 0
    # As often as is said of it, and four standard errors.
    assert COVERAGE_CALIBRATED[0] - 0.23 < reached / 60 < COVERAGE_CALIBRATED[1] + 0.23


def test_the_interval_holds_the_error_of_an_over_confident_router():
    confidence, generator = evenly_spread(0.85, 600), np.random.default_rng(0)
    held = [
        judge(confidence, generator.random(600) < confidence - 0.1, seed=seed, resamples=200)
        for seed in range(100)
    ]
    assert sum(each.ece_low <= 0.1 <= each.ece_high for each in held) >= 88


def test_images_of_one_scene_count_together():
    confidence, correct = routed(100)
    once = judge(confidence, correct)
    repeated = judge(np.repeat(confidence, 9), np.repeat(correct, 9), np.repeat(np.arange(100), 9))
    assert repeated.ece == pytest.approx(once.ece)
    assert (repeated.ece_low, repeated.ece_high) == pytest.approx((once.ece_low, once.ece_high))
    alone = judge(np.repeat(confidence, 9), np.repeat(correct, 9))
    assert alone.ece_high - alone.ece_low < 0.5 * (once.ece_high - once.ece_low)


def test_one_image():
    found = judge([0.8], [1])
    assert found.ece == found.ece_equal_mass == pytest.approx(0.2)
    assert (found.ece_low, found.ece_high, found.squared_error_debiased) == (None, None, None)
    assert found.p_calibrated == 1


def test_a_single_scene_has_no_interval():
    found = judge([0.8, 0.7, 0.7], [1, 1, 0], ["only"] * 3)
    assert (found.scenes, found.ece_low, found.ece_high) == (1, None, None)
    assert found.squared_error_debiased is not None


def test_certainty():
    right = judge([1.0] * 5, [1] * 5)
    assert (right.ece, right.ece_low, right.ece_high, right.p_calibrated) == (0, 0, 0, 1)
    wrong = judge([1.0] * 5, [0] * 5)
    assert (wrong.ece, wrong.ece_calibrated, wrong.p_calibrated) == (1, 0, 1 / 401)


def test_it_is_plain_json_and_the_same_every_time():
    confidence, correct = routed(100)
    text = json.dumps(dataclasses.asdict(judge(confidence, correct)), allow_nan=False)
    assert text == json.dumps(dataclasses.asdict(judge(confidence, correct)), allow_nan=False)
    assert json.loads(text)["bins"][-1]["high"] == 1


@pytest.mark.parametrize(
    ("confidence", "correct", "scenes"),
    [([np.nan], [1], ["a"]), ([0.5], [np.nan], ["a"]), ([0.5], [1], ["a", "b"]), ([], [], [])],
)
def test_what_is_no_sample_is_refused(confidence, correct, scenes):
    with pytest.raises(DataError):
        judge(confidence, correct, scenes)


@pytest.mark.parametrize("options", [{"level": 0.0}, {"level": 1.0}, {"resamples": 0}, {"bins": 0}])
def test_settings_out_of_range_are_refused(options):
    with pytest.raises(ConfigError):
        judge([0.5, 0.6], [1, 0], **options)
