"""The threshold of conformal risk control keeps its promise, and says what that takes."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.calibrators.abstention import ABSTAIN_ALWAYS
from moei_toolkit.calibrators.risk_control import RiskControl, RiskLimit, control_risk
from moei_toolkit.errors import ConfigError, DataError

BOUND = 5.0


def control(confidence, harm, scenes=None, bound=BOUND, level=1.0, cap=1.0, **options) -> RiskControl:
    confidence, harm = np.asarray(confidence, np.float64), np.asarray(harm, np.float64)
    scenes = np.arange(len(harm)) if scenes is None else np.asarray(scenes)
    return control_risk(confidence, harm, scenes, RiskLimit(level, bound), cap, **options)


def images(generator: np.random.Generator, scenes: int, each: int = 3) -> tuple[np.ndarray, ...]:
    """Confidence, harm and scene of images; harm is rarer where confidence is high, and shared by a scene."""
    confidence = generator.uniform(1 / 3, 1, (scenes, each))
    difficult = generator.random((scenes, 1)) < 0.4
    harm = np.where(difficult & (generator.random((scenes, each)) > confidence), 8.0, -1.0)
    return confidence.ravel(), harm.ravel(), np.repeat(np.arange(scenes), each)


def loss(
    threshold: float | np.ndarray, confidence: np.ndarray, harm: np.ndarray, bound: float = BOUND
) -> np.ndarray:
    return np.where(confidence >= threshold, np.clip(harm, 0, bound), 0)


def expected_loss(threshold: float | np.ndarray) -> float | np.ndarray:
    """Mean of the loss over all images that `images` could make: 2 x the integral of 1 - c above tau."""
    return 2 * 1.5 * (1 - np.clip(threshold, 1 / 3, 1)) ** 2 / 2


def test_by_hand():
    # Nine scenes; harm 2 at .355, 1 at .555, none above. With n = 9 and a bound of 5 each tau is held to
    # (sum of losses + 5) / 10: 0.8 up to .355, 0.6 up to .555, then 0.5.
    confidence, harm = [0.355, 0.555, *[0.9] * 7], [2, 1, *[-3] * 7]
    all_kept = control(confidence, harm, level=0.8)
    assert (all_kept.threshold, all_kept.abstained, all_kept.harm) == (0, 0, pytest.approx(3 / 9))
    one_less = control(confidence, harm, level=0.7)
    assert (one_less.threshold, one_less.abstained) == (pytest.approx(0.36), 1 / 9)
    two_less = control(confidence, harm, level=0.5)
    assert (two_less.threshold, two_less.harm) == (pytest.approx(0.56), 0)
    assert (two_less.corrected, two_less.scenes) == (0.5, 9)
    assert all(found.attainable and not found.warning for found in (all_kept, one_less, two_less))


def test_it_equals_a_search_by_hand():
    generator = np.random.default_rng(0)
    for _ in range(20):
        confidence, harm, scenes = images(generator, 25, 2)
        found = control(confidence, harm, scenes, level=0.6, candidates=41)
        for step in range(41):
            losses = loss(step / 40, confidence, harm)
            of_scenes = [losses[scenes == scene].mean() for scene in range(25)]
            if 25 / 26 * np.mean(of_scenes) + BOUND / 26 <= 0.6:
                break
        assert found.threshold == pytest.approx(step / 40)
        assert found.harm == pytest.approx(np.mean(of_scenes))
        assert found.abstained == pytest.approx(np.mean(confidence < step / 40))


def test_a_stricter_level_never_lowers_the_threshold():
    sample = images(np.random.default_rng(0), 200)
    found = [control(*sample, level=level) for level in np.linspace(0.03, 2, 30)]
    thresholds = [each.threshold for each in found]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) > 5
    assert all(each.corrected <= each.level for each in found if each.attainable)


def test_the_expected_loss_is_that_of_the_images():
    confidence, harm, _ = images(np.random.default_rng(0), 40_000, 1)
    for threshold in (0.0, 0.5, 0.8):
        losses = loss(threshold, confidence, harm)
        assert abs(losses.mean() - expected_loss(threshold)) < 3 * losses.std() / np.sqrt(len(losses))


@pytest.mark.parametrize(("scenes", "level"), [(30, 0.5), (60, 0.25), (150, 0.1)])
def test_the_promise_holds_on_average_over_new_scenes(scenes: int, level: float):
    generator = np.random.default_rng(scenes)
    thresholds = [control(*images(generator, scenes), level=level).threshold for _ in range(1000)]
    losses = expected_loss(np.array(thresholds))
    assert losses.mean() <= level + 3 * losses.std() / np.sqrt(1000)
    # It is not kept by giving routing up: the method stays within 2 B / (n + 1) of the level.
    assert losses.mean() >= level - 2 * BOUND / (scenes + 1)


def test_without_the_correction_it_would_be_broken():
    generator, level, chosen = np.random.default_rng(0), 0.3, []
    thresholds = np.linspace(0, 1, 101)
    for _ in range(1000):
        confidence, harm, _ = images(generator, 12)
        chosen.append(thresholds[np.argmax(loss(thresholds[:, None], confidence, harm).mean(1) <= level)])
    losses = expected_loss(np.array(chosen))
    assert losses.mean() > level + 3 * losses.std() / np.sqrt(1000)


def test_more_images_of_the_same_scenes_are_no_more_evidence():
    confidence, harm, scenes = images(np.random.default_rng(0), 30)
    once = control(confidence, harm, scenes, level=0.5)
    often = control(*(np.repeat(values, 7) for values in (confidence, harm, scenes)), level=0.5)
    assert often.threshold == once.threshold
    assert (often.corrected, often.scenes) == (pytest.approx(once.corrected), 30)


def test_scenes_count_alike_however_many_images_they_have():
    found = control([0.5] * 5, [3, 3, 3, 3, 0], ["a"] * 4 + ["b"], level=4.9)
    assert found.harm == pytest.approx(1.5)


def test_gains_make_up_for_no_harm_and_the_bound_cuts_it():
    found = control([0.9] * 4, [-100, 2, 50, 0], level=4.0)
    assert found.harm == pytest.approx((2 + 5) / 4)


def test_a_harmless_router_is_never_stopped():
    found = control(np.linspace(0.34, 1, 30), np.full(30, -1.0), level=0.2)
    assert (found.threshold, found.abstained, found.corrected) == (0, 0, pytest.approx(BOUND / 31))


def test_too_few_scenes_promise_nothing_and_everything_abstains():
    assert control([1.0] * 9, [-1] * 9, level=0.5).attainable  # 5 / 10 <= 0.5
    found = control([1.0] * 8, [-1] * 8, level=0.5)
    assert (found.attainable, found.threshold, found.abstained, found.harm) == (False, ABSTAIN_ALWAYS, 1, 0)
    assert "8 scenes" in found.warning
    assert "at least 9 scenes" in found.warning


def test_harm_at_full_confidence_can_be_avoided_by_no_threshold():
    found = control([1.0] * 100, [5] * 100, level=1.0)
    assert (found.attainable, found.threshold) == (False, ABSTAIN_ALWAYS)
    assert ABSTAIN_ALWAYS > 1


def test_more_abstentions_than_allowed_are_reported():
    confidence, harm = [0.35, 0.55, *[0.9] * 8], [2, 1, *[-3] * 8]
    allowed = control(confidence, harm, level=0.5, cap=0.2)
    assert (allowed.abstained, allowed.exceeds_cap, allowed.warning) == (0.2, False, "")
    exceeding = control(confidence, harm, level=0.5, cap=0.1)
    assert (exceeding.threshold, exceeding.exceeds_cap) == (allowed.threshold, True)
    assert "20.0% of the images abstain" in exceeding.warning


@pytest.mark.parametrize(
    ("confidence", "harm", "scenes"),
    [
        ([], [], []),
        ([0.5], [1, 2], [0, 1]),
        ([0.5, 0.6], [1, 2], [0]),
        ([np.nan], [1], [0]),
        ([0.5], [np.inf], [0]),
        ([[0.5]], [[1]], [0]),
    ],
)
def test_bad_input_is_refused(confidence, harm, scenes):
    with pytest.raises(DataError, match="expected"):
        control(confidence, harm, scenes)


@pytest.mark.parametrize(
    ("level", "bound"), [(0, 1), (-1, 1), (1, 1), (2, 1), (np.nan, 1), (1, np.inf), (1, np.nan)]
)
def test_a_level_that_promises_nothing_is_refused(level: float, bound: float):
    with pytest.raises(ConfigError, match="0 < level < bound"):
        control([0.5], [1], level=level, bound=bound)
