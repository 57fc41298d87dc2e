"""Resampled calibration errors are those of resampled decisions, and show how high the floor is."""

from __future__ import annotations

import numpy as np
import pytest
from confidence_examples import evenly_spread, routed
from scipy.stats import bootstrap

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.reliability import calibration_chance
from moei_toolkit.evaluation.reliability.calibration_chance import (
    errors_of_other_scenes,
    errors_when_calibrated,
)
from moei_toolkit.evaluation.reliability.calibration_error import expected_calibration_error


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_other_scenes_are_drawn_whole_and_with_replacement():
    confidence, correct = routed(60)
    scenes = np.array([f"scene-{number * number % 17}" for number in range(60)])
    names = np.unique(scenes)
    expected = []
    for drawn in rng().integers(len(names), size=(50, len(names))):
        images = np.concatenate([np.flatnonzero(scenes == names[index]) for index in drawn])
        expected.append(expected_calibration_error(confidence[images], correct[images]))
    found = errors_of_other_scenes(confidence, correct, scenes, 15, rng(), 50)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_with_one_image_per_scene_they_are_the_resamples_of_scipy():
    confidence, correct = routed(80)
    expected = bootstrap(
        (confidence, correct),
        lambda *drawn: expected_calibration_error(*drawn, 10),
        paired=True,
        vectorized=False,
        n_resamples=200,
        rng=rng(3),
    )
    found = errors_of_other_scenes(confidence, correct, np.arange(80), 10, rng(3), 200)
    np.testing.assert_allclose(found, expected.bootstrap_distribution, atol=1e-12)


def test_calibrated_outcomes_are_drawn_by_confidence():
    confidence = routed(40)[0]
    drawn = rng().random((50, 40)) < confidence
    expected = [expected_calibration_error(confidence, outcomes) for outcomes in drawn]
    np.testing.assert_allclose(errors_when_calibrated(confidence, 15, rng(), 50), expected, atol=1e-12)


def test_who_is_certain_cannot_be_off_by_chance():
    assert not errors_when_calibrated([0.0, 1.0, 1.0], 15, rng(), 100).any()


def test_one_decision_is_off_by_what_it_doubts_or_by_what_it_says():
    errors = errors_when_calibrated([0.8], 15, rng(), 2000)
    np.testing.assert_allclose(np.unique(errors.round(12)), [0.2, 0.8])
    assert np.mean(errors < 0.5) == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / 2000))
    np.testing.assert_allclose(errors_of_other_scenes([0.8], [1], ["a"], 15, rng(), 5), 0.2)


@pytest.mark.parametrize(
    ("accuracy", "floors"),
    [
        (0.85, {150: (0.061, 0.98), 300: (0.042, 0.84), 631: (0.030, 0.48), 2000: (0.017, 0.0)}),
        (0.91, {150: (0.041, 0.77), 300: (0.029, 0.45), 631: (0.021, 0.07), 2000: (0.012, 0.0)}),
        (0.95, {150: (0.025, 0.28), 300: (0.017, 0.06), 631: (0.013, 0.0), 2000: (0.007, 0.0)}),
        (0.98, {150: (0.012, 0.01), 300: (0.009, 0.0), 631: (0.006, 0.0), 2000: (0.003, 0.0)}),
    ],
)
def test_the_floor_of_a_calibrated_router(accuracy: float, floors: dict[int, tuple[float, float]]):
    """Its mean error, and how often the error is above .03: at 85%, 631 images are a coin flip."""
    for count, (mean, above) in floors.items():
        confidence = evenly_spread(accuracy, count)
        assert confidence.mean() == pytest.approx(accuracy, abs=1e-3)
        errors = errors_when_calibrated(confidence, 15, rng(), 500)
        assert errors.mean() == pytest.approx(mean, abs=0.0025)
        assert np.mean(errors > 0.03) == pytest.approx(above, abs=0.1)


def test_the_size_of_a_block_does_not_change_the_numbers(monkeypatch):
    confidence, correct = routed(50)
    scenes = np.arange(50) // 3
    for measure in (
        lambda: errors_when_calibrated(confidence, 15, rng(), 101),
        lambda: errors_of_other_scenes(confidence, correct, scenes, 15, rng(), 101),
    ):
        monkeypatch.setattr(calibration_chance, "_CELLS", 10**6)
        whole = measure()
        monkeypatch.setattr(calibration_chance, "_CELLS", 120)
        np.testing.assert_allclose(measure(), whole, rtol=1e-12)  # BLAS may add in another order
        assert whole.shape == (101,)


def test_nonsense_is_refused():
    with pytest.raises(DataError, match="scene for each of 2"):
        errors_of_other_scenes([0.5, 0.6], [0, 1], ["a"], 15, rng(), 5)
    with pytest.raises(DataError, match="finite"):
        errors_when_calibrated([np.nan], 15, rng(), 5)
    with pytest.raises(ConfigError, match="bin"):
        errors_when_calibrated([0.5], 0, rng(), 5)
    with pytest.raises(ConfigError, match="bin"):
        errors_of_other_scenes([0.5], [1], ["a"], 0, rng(), 5)
