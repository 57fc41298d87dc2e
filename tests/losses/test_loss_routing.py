"""Utility targets and the distillation loss, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.losses.routing import (
    distillation_loss,
    hard_targets,
    mean_targets,
    shrink_errors,
    target_entropy,
    utility_targets,
)

HAZE_ERRORS = torch.tensor([[0.03, 0.10, 0.11]])


@pytest.mark.parametrize(
    ("beta", "expected"), [(20, (0.69, 0.17, 0.14)), (50, (0.95, 0.03, 0.02)), (80, (0.99, 0.00, 0.00))]
)
def test_targets_follow_the_errors(beta: float, expected: tuple[float, ...]):
    targets = utility_targets(HAZE_ERRORS, beta, normalize=False)
    torch.testing.assert_close(targets, torch.tensor([expected]), atol=0.006, rtol=0)


def test_normalised_targets_by_hand():
    targets = utility_targets(torch.tensor([[1.0, 2.0, 3.0]]), beta=2.0, normalize=True)
    weights = torch.tensor([[1.0, math.exp(-1), math.exp(-2)]])
    torch.testing.assert_close(targets, weights / weights.sum())


def test_normalised_targets_ignore_the_scale_of_the_errors():
    small = utility_targets(HAZE_ERRORS / 1000, 5.0, normalize=True)
    torch.testing.assert_close(small, utility_targets(HAZE_ERRORS, 5.0, normalize=True))


@pytest.mark.parametrize("normalize", [True, False])
def test_equal_or_zero_errors_give_uniform_targets(normalize: bool):
    for errors in (torch.full((2, 4), 0.3), torch.zeros(2, 4)):
        torch.testing.assert_close(utility_targets(errors, 80, normalize), torch.full((2, 4), 0.25))


def test_huge_beta_does_not_overflow():
    torch.testing.assert_close(utility_targets(HAZE_ERRORS, 1e9, False), torch.tensor([[1.0, 0.0, 0.0]]))


@pytest.mark.parametrize("bad", [torch.tensor([[0.1, math.nan]]), torch.tensor([[0.1, -0.1]]), torch.ones(3)])
def test_refuses_errors_that_are_none(bad: torch.Tensor):
    with pytest.raises(DataError):
        utility_targets(bad, 20, normalize=False)


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan, math.inf])
def test_refuses_an_impossible_beta(beta: float):
    with pytest.raises(ConfigError, match="beta"):
        utility_targets(HAZE_ERRORS, beta, normalize=False)


def test_loss_is_the_divergence_from_the_targets():
    logits = torch.randn((5, 3), generator=torch.Generator().manual_seed(0))
    targets = torch.softmax(torch.randn((5, 3), generator=torch.Generator().manual_seed(1)), 1)
    expected = F.kl_div(logits.log_softmax(1), targets, reduction="batchmean")
    torch.testing.assert_close(distillation_loss(logits, targets, alpha=0.0), expected)
    torch.testing.assert_close(distillation_loss(targets.log(), targets, alpha=0.0), torch.zeros(()))


def test_balance_term_by_hand():
    probabilities = torch.tensor([[0.9, 0.1], [0.7, 0.3]])
    mean = torch.tensor([0.8, 0.2])
    balance = (mean * (mean * 2).log()).sum()
    value = distillation_loss(probabilities.log(), probabilities, alpha=0.1)
    torch.testing.assert_close(value, 0.1 * balance)


def test_hard_targets_have_finite_loss_and_gradient():
    logits = torch.tensor([[2.0, -1.0]], requires_grad=True)
    loss = distillation_loss(logits, torch.tensor([[1.0, 0.0]]), alpha=0.1)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.isfinite(loss)
    assert torch.isfinite(gradient).all()


def test_loss_refuses_tables_that_differ():
    with pytest.raises(DataError, match="differ"):
        distillation_loss(torch.zeros(2, 3), torch.zeros(2, 4), 0.0)


def test_entropy_runs_from_certain_to_uniform():
    targets = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    torch.testing.assert_close(target_entropy(targets), torch.tensor([0.0, math.log(2)]))


def test_hard_targets_share_an_image_among_the_experts_that_are_right():
    right = torch.tensor([[True, False, False], [False, True, True]])
    assert hard_targets(right).tolist() == [[1, 0, 0], [0, 0.5, 0.5]]
    assert torch.allclose(
        utility_targets(HAZE_ERRORS, 1e6, False).float(),
        hard_targets(HAZE_ERRORS.amin(1, keepdim=True) == HAZE_ERRORS),
    )
    with pytest.raises(DataError, match="an expert for every image, 1 have none"):
        hard_targets(torch.tensor([[True], [False]]))


class TestShrinking:
    """One image is a sample of what the experts are good for; its weather is more of them."""

    ERRORS = torch.tensor([[1.0, 3.0], [3.0, 1.0], [2.0, 6.0], [5.0, 5.0]], dtype=torch.float64)
    WEATHER = ("rain", "rain", "rain", "haze")

    def test_nothing_is_left_as_it_is(self):
        assert torch.equal(shrink_errors(self.ERRORS, self.WEATHER, 0.0, normalize=True), self.ERRORS)

    def test_everything_is_the_mean_of_the_weather(self):
        shrunk = shrink_errors(self.ERRORS, self.WEATHER, 1.0, normalize=False)
        torch.testing.assert_close(shrunk[:3], self.ERRORS[:3].mean(0).expand(3, 2))
        torch.testing.assert_close(shrunk[3], self.ERRORS[3])

    @pytest.mark.parametrize("normalize", [False, True])
    def test_means_stay_and_deviations_shrink(self, normalize: bool):
        errors = torch.rand(30, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.1
        weather = ["rain", "haze", "snow"] * 10
        shrunk = shrink_errors(errors, weather, 0.75, normalize)
        before = errors / errors.mean(1, keepdim=True) if normalize else errors
        for first in range(3):
            mine, were = shrunk[first::3], before[first::3]
            torch.testing.assert_close(mine.mean(0), were.mean(0))
            torch.testing.assert_close(mine.std(0), 0.25 * were.std(0))

    def test_dark_images_count_like_bright_ones(self):
        scale = torch.tensor([[1.0], [100.0], [1.0], [1.0]], dtype=torch.float64)
        plain, bright = (
            utility_targets(shrink_errors(errors, self.WEATHER, 0.5, normalize=True), 5.0, normalize=True)
            for errors in (self.ERRORS, self.ERRORS * scale)
        )
        torch.testing.assert_close(plain, bright)

    def test_a_lucky_image_is_outvoted(self):
        targets = utility_targets(shrink_errors(self.ERRORS, self.WEATHER, 0.9, True), 50.0, normalize=True)
        assert targets[:3].argmax(1).tolist() == [0, 0, 0]
        assert self.ERRORS[1].argmin() == 1

    def test_groups_are_counted(self):
        with pytest.raises(DataError, match="expected a group for each of 4 images, got 3"):
            shrink_errors(self.ERRORS, self.WEATHER[:3], 0.5, normalize=True)


class TestMeanTargets:
    TARGETS = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    WEATHER = ("rain", "rain", "haze")

    def test_everyone_is_answered_what_their_weather_is(self):
        answers = mean_targets(self.TARGETS, self.WEATHER, ["haze", "rain", "haze", "rain"])
        assert answers.tolist() == [[0.0, 1.0], [0.75, 0.25], [0.0, 1.0], [0.75, 0.25]]

    def test_unknown_weather_is_named(self):
        with pytest.raises(DataError, match="expected images of 'fog', got haze, rain"):
            mean_targets(self.TARGETS, self.WEATHER, ["rain", "fog"])
