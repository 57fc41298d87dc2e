"""Tokens reach the seats they have, and come back weighted; who has none gets nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from moei_token_moe.bottlenecks import Bottlenecks
from moei_token_moe.capacity import seats_of
from moei_token_moe.choice import Choice, top_k_of
from moei_token_moe.dispatch import fetch, places_of, send

from moei_toolkit.testing.modules import shake

IMAGES, TOKENS, CHANNELS, EXPERTS, K, CAPACITY = 2, 12, 6, 3, 2, 5
COUNT = EXPERTS * CAPACITY


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.rand((IMAGES, TOKENS, CHANNELS), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def choice() -> Choice:
    generator = torch.Generator().manual_seed(1)
    return top_k_of(torch.randn((IMAGES, TOKENS, EXPERTS), generator=generator), K)


@pytest.fixture
def places(choice: Choice) -> torch.Tensor:
    return places_of(choice.experts, seats_of(choice.experts, EXPERTS), CAPACITY, EXPERTS)


def test_a_place_is_a_seat_of_the_chosen_expert_or_none(choice, places):
    for place, expert in zip(places.flatten().tolist(), choice.experts.flatten().tolist(), strict=True):
        assert place == COUNT or place // CAPACITY == expert
    assert int((places == COUNT).sum()) == IMAGES * (TOKENS * K - COUNT)


def test_what_is_sent_sits_where_it_should(tokens, places):
    sent = send(tokens, places, COUNT)
    expected = np.zeros((IMAGES, COUNT, CHANNELS), np.float32)
    for b in range(IMAGES):
        for t in range(TOKENS):
            for place in places[b, t].tolist():
                if place < COUNT:
                    expected[b, place] = tokens[b, t]
    np.testing.assert_array_equal(sent.numpy(), expected)


def test_what_is_fetched_is_the_weighted_sum(choice, places):
    outputs = torch.rand((IMAGES, COUNT, CHANNELS), generator=torch.Generator().manual_seed(2))
    fetched = fetch(outputs, places, choice.weights)
    for b in range(IMAGES):
        for t in range(TOKENS):
            expected = np.zeros(CHANNELS)
            for place, weight in zip(places[b, t].tolist(), choice.weights[b, t].tolist(), strict=True):
                if place < COUNT:
                    expected += weight * outputs[b, place].double().numpy()
            np.testing.assert_allclose(fetched[b, t], expected, rtol=1e-5)


def test_without_a_seat_nothing_comes_back(tokens):
    nowhere = torch.full((IMAGES, TOKENS, K), COUNT)
    assert not send(tokens, nowhere, COUNT).any()
    outputs = torch.rand(IMAGES, COUNT, CHANNELS)
    assert not fetch(outputs, nowhere, torch.ones(IMAGES, TOKENS, K)).any()


def test_there_and_back_it_is_the_token_again(tokens, places):
    back = fetch(send(tokens, places, COUNT), places, torch.ones(places.shape))
    seats = (places < COUNT).sum(2, keepdim=True)
    torch.testing.assert_close(back, seats * tokens)


def test_gradients_reach_seated_tokens_and_weights_only(tokens, choice, places):
    x, weights = tokens.requires_grad_(), choice.weights.clone().requires_grad_()
    fetch(send(x, places, COUNT), places, weights).sum().backward()
    seated = places < COUNT
    assert torch.equal(weights.grad.bool(), seated)
    assert torch.equal(x.grad.any(2), seated.any(2))


def test_every_small_expert_is_a_bottleneck_of_its_own():
    experts = shake(Bottlenecks(CHANNELS, 4, EXPERTS)).double()
    x = torch.rand((IMAGES, EXPERTS, CAPACITY, CHANNELS), dtype=torch.float64)
    out = experts(x)
    for n in range(EXPERTS):
        reduce, expand = experts.reduce[n], experts.expand[n]
        hidden = (x[:, n] @ reduce + experts.reduce_bias[n]).relu()
        torch.testing.assert_close(out[:, n], hidden @ expand + experts.expand_bias[n])


def test_fresh_small_experts_give_zero():
    experts = Bottlenecks(CHANNELS, 4, EXPERTS)
    assert not experts(torch.rand(IMAGES, EXPERTS, CAPACITY, CHANNELS)).any()
    assert experts.reduce.std() > 0
