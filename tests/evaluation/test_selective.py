"""Curves by coverage and the areas under them, against their definitions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise, permutations, product

import numpy as np
import pytest
from confidence_examples import routed
from sklearn.metrics import auc, roc_auc_score

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.reliability.selective import coverage_curve, selective_scores, system_curve

TIED = [0.9, 0.7, 0.7, 0.7, 0.5, 0.4, 0.4]


def orders(confidence: list[float]) -> Iterator[list[int]]:
    """Every order of decisions by falling confidence: equals in any order."""
    groups = [
        [index for index, value in enumerate(confidence) if value == level]
        for level in sorted(set(confidence), reverse=True)
    ]
    for parts in product(*(permutations(group) for group in groups)):
        yield list(chain.from_iterable(parts))


def area_of_mean_risk(ranked: np.ndarray) -> float:
    return sum(ranked[: kept + 1].mean() for kept in range(len(ranked))) / len(ranked)


def area_of_joint_risk(ranked: np.ndarray) -> float:
    count = len(ranked)
    joint = [ranked[:kept].sum() / count for kept in range(count + 1)]
    return sum((before + after) / 2 / count for before, after in pairwise(joint))


def test_coverage_by_hand():
    curve = coverage_curve([0.9, 0.5, 0.7], [0.0, 3.0, 1.0])
    assert curve.threshold.tolist() == [0.9, 0.7, 0.5]
    np.testing.assert_allclose(curve.coverage, [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(curve.risk, [0, 0.5, 4 / 3])


def test_equal_confidences_are_kept_or_dropped_together():
    curve = coverage_curve([0.5, 0.8, 0.5, 0.5], [1, 0, 0, 2])
    assert curve.threshold.tolist() == [0.8, 0.5]
    np.testing.assert_allclose(curve.coverage, [0.25, 1])
    np.testing.assert_allclose(curve.risk, [0, 0.75])


def test_coverage_agrees_with_its_definition():
    confidence, correct = routed(200)
    confidence = np.round(confidence, 2)
    curve = coverage_curve(confidence, ~correct)
    for tau, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        kept = confidence >= tau
        assert coverage == pytest.approx(kept.mean())
        assert risk == pytest.approx((~correct[kept]).mean())


def test_the_system_by_hand():
    curve = system_curve([0.9, 0.5, 0.9, 0.7], [30.0, 10.0, 28.0, 21.0], [25.0, 20.0, 27.0, 20.0])
    np.testing.assert_allclose(curve.coverage, [0, 0.5, 0.75, 1])
    np.testing.assert_allclose(curve.quality, [92 / 4, 98 / 4, 99 / 4, 89 / 4])


def test_the_system_agrees_with_its_definition():
    generator = np.random.default_rng(0)
    confidence, routes = generator.random(100).round(1), generator.normal(25, 3, (2, 100))
    curve = system_curve(confidence, *routes)
    assert (curve.coverage[0], curve.coverage[-1]) == (0, 1)
    assert curve.quality[0] == pytest.approx(routes[1].mean())
    assert curve.quality[-1] == pytest.approx(routes[0].mean())
    for number, tau in enumerate(np.unique(confidence)[::-1], start=1):
        kept = confidence >= tau
        assert curve.coverage[number] == pytest.approx(kept.mean())
        assert curve.quality[number] == pytest.approx(np.where(kept, *routes).mean())


@pytest.mark.parametrize("seed", range(5))
def test_areas_are_the_mean_over_all_orders_of_equals(seed: int):
    risk = np.random.default_rng(seed).exponential(1, len(TIED)) - 0.2
    ranked = [risk[order] for order in orders(TIED)]
    assert len(ranked) == 12
    scores = selective_scores(TIED, risk)
    aurc = np.mean([area_of_mean_risk(each) for each in ranked])
    assert scores.aurc == pytest.approx(aurc)
    assert scores.augrc == pytest.approx(np.mean([area_of_joint_risk(each) for each in ranked]))
    best = min(area_of_mean_risk(risk[list(order)]) for order in permutations(range(len(risk))))
    assert scores.excess_aurc == pytest.approx(aurc - best)


@pytest.mark.parametrize("digits", [17, 1])
def test_joint_area_follows_from_the_roc(digits: int):
    """Traub et al.: AUGRC = (1 - AUROC) accuracy (1 - accuracy) + (1 - accuracy)^2 / 2."""
    confidence, correct = routed(300)
    confidence, accuracy = confidence.round(digits), correct.mean()
    missed = 1 - roc_auc_score(correct, confidence)
    expected = missed * accuracy * (1 - accuracy) + (1 - accuracy) ** 2 / 2
    assert selective_scores(confidence, ~correct).augrc == pytest.approx(expected)


def test_joint_area_is_that_under_the_curve():
    generator = np.random.default_rng(0)
    confidence, risk = generator.random(80).round(1), generator.exponential(2, 80)
    curve = coverage_curve(confidence, risk)
    expected = auc(np.append(0, curve.coverage), np.append(0, curve.coverage * curve.risk))
    assert selective_scores(confidence, risk).augrc == pytest.approx(expected)


def test_confidence_that_orders_by_risk_has_no_excess():
    risk = np.array([0.0, 0.5, 0.5, 2.0])
    assert selective_scores([0.9, 0.8, 0.7, 0.6], risk).excess_aurc == pytest.approx(0)
    assert selective_scores([0.9, 0.8, 0.8, 0.6], risk).excess_aurc == pytest.approx(0)
    assert selective_scores([0.6, 0.7, 0.8, 0.9], risk).excess_aurc > 0.5


def test_constant_confidence_scores_the_mean_risk():
    scores = selective_scores([0.5] * 4, [1, 0, 0, 1])
    assert (scores.aurc, scores.augrc) == pytest.approx((0.5, 0.25))


def test_without_risk_there_is_no_area():
    scores = selective_scores(TIED, np.zeros(7))
    assert (scores.aurc, scores.excess_aurc, scores.augrc) == (0, 0, 0)


def test_one_decision():
    scores = selective_scores([0.7], [3.0])
    assert (scores.aurc, scores.excess_aurc, scores.augrc) == (3, 0, 1.5)
    curve = system_curve([0.7], [20.0], [25.0])
    assert (curve.coverage.tolist(), curve.quality.tolist()) == ([0, 1], [25, 20])


def test_only_the_order_of_confidences_counts():
    confidence, correct = routed(100)
    confidence = confidence.round(1)
    shuffled = np.random.default_rng(0).permutation(100)
    expected = selective_scores(confidence, ~correct)
    for other in (
        selective_scores(confidence**5, ~correct),
        selective_scores(confidence[shuffled], ~correct[shuffled]),
    ):
        assert (other.aurc, other.augrc) == pytest.approx((expected.aurc, expected.augrc), abs=1e-12)


@pytest.mark.parametrize("measure", [coverage_curve, selective_scores, lambda c, r: system_curve(c, r, r)])
@pytest.mark.parametrize(
    ("confidence", "risk"), [([], []), ([0.5], [1, 0]), ([np.nan], [1]), ([0.5], [np.nan]), ([1.5], [1])]
)
def test_what_is_no_sample_is_refused(measure, confidence, risk):
    with pytest.raises(DataError):
        measure(confidence, risk)
