"""Seats: their number, who gets one, and that no expert has more than its own."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from moei_token_moe.capacity import capacity_of, seats_of
from moei_token_moe.choice import top_k_of_all

IMAGES, TOKENS, EXPERTS = 3, 40, 4


def make_choice(k: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Choices of a gate that prefers the first experts, and the largest weight of each token."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn((IMAGES, TOKENS, EXPERTS), generator=generator)
    choice = top_k_of_all(logits - 0.5 * torch.arange(EXPERTS), k)
    return choice.experts, choice.weights[..., 0]


def seats_by_hand(chosen: np.ndarray, priority: np.ndarray | None) -> np.ndarray:
    images, tokens, k = chosen.shape
    seats = np.full(chosen.shape, -1)
    for b in range(images):
        order = list(range(tokens))
        if priority is not None:
            order.sort(key=lambda t: -priority[b, t])
        taken = dict.fromkeys(range(EXPERTS), 0)
        for rank in range(k):
            for t in order:
                expert = chosen[b, t, rank]
                seats[b, t, rank] = taken[expert]
                taken[expert] += 1
    return seats


@pytest.mark.parametrize("tokens", [1, 7, 1024, 32_400])
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("factor", ["1", "1.25", "0.1", "2"])
def test_the_capacity_is_the_formula(tokens, k, factor):
    expected = math.ceil(Fraction(k * tokens, 4) * Fraction(factor))
    assert capacity_of(tokens, 4, k, Fraction(factor)) == expected >= 1


def test_rounding_adds_no_seat():
    factor = Fraction(1.1).limit_denominator(1000)
    assert math.ceil(2 * 200 / 4 * 1.1) == 111  # as floats say
    assert capacity_of(200, 4, 2, factor) == 110


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("by_priority", [False, True])
def test_seats_are_given_as_by_hand(k, by_priority):
    chosen, priority = make_choice(k)
    seats = seats_of(chosen, EXPERTS, priority if by_priority else None)
    expected = seats_by_hand(chosen.numpy(), priority.numpy() if by_priority else None)
    np.testing.assert_array_equal(seats.numpy(), expected)


@pytest.mark.parametrize("by_priority", [False, True])
def test_no_seat_is_given_twice_and_none_is_left_out(by_priority):
    chosen, priority = make_choice(2, seed=1)
    seats = seats_of(chosen, EXPERTS, priority if by_priority else None)
    for b in range(IMAGES):
        for expert in range(EXPERTS):
            given = seats[b][chosen[b] == expert].sort().values
            assert given.tolist() == list(range(len(given)))


@pytest.mark.parametrize("factor", ["0.25", "0.5", "1", "1.25"])
@pytest.mark.parametrize("by_priority", [False, True])
def test_no_expert_takes_more_than_its_capacity(factor, by_priority):
    chosen, priority = make_choice(2, seed=2)
    capacity = capacity_of(TOKENS, EXPERTS, 2, Fraction(factor))
    seated = seats_of(chosen, EXPERTS, priority if by_priority else None) < capacity
    for b in range(IMAGES):
        counts = torch.bincount(chosen[b][seated[b]], minlength=EXPERTS)
        wanted = torch.bincount(chosen[b].flatten(), minlength=EXPERTS)
        assert counts.tolist() == wanted.clamp(max=capacity).tolist()


def test_priority_keeps_the_highest_scores():
    chosen, priority = make_choice(1, seed=3)
    seated = seats_of(chosen, EXPERTS, priority)[..., 0] < 5
    dropped = 0
    for b in range(IMAGES):
        for expert in range(EXPERTS):
            mine = chosen[b, :, 0] == expert
            kept, left = priority[b][mine & seated[b]], priority[b][mine & ~seated[b]]
            dropped += len(left)
            assert not len(left) or kept.min() > left.max()
    assert dropped > 0


def test_a_first_choice_is_never_left_for_a_second_one():
    chosen, priority = make_choice(2, seed=4)
    for order in (None, priority):
        seats = seats_of(chosen, EXPERTS, order)
        for b in range(IMAGES):
            for expert in range(EXPERTS):
                first = seats[b, :, 0][chosen[b, :, 0] == expert]
                second = seats[b, :, 1][chosen[b, :, 1] == expert]
                assert not len(first) or not len(second) or first.max() < second.min()


def test_an_image_has_seats_of_its_own():
    chosen, priority = make_choice(2)
    together = seats_of(chosen, EXPERTS, priority)
    alone = [seats_of(chosen[b : b + 1], EXPERTS, priority[b : b + 1]) for b in range(IMAGES)]
    assert torch.equal(torch.cat(alone), together)
