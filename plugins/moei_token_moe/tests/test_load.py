"""The load is what its formulas say, and how often small experts are chosen when noise is drawn anew."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from moei_token_moe.load import load_against_others, load_against_threshold

EXPERTS = 5


def make_noisy(
    tokens: int, deviation: float | torch.Tensor, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn((2, tokens, EXPERTS), generator=generator, dtype=torch.float64)
    noise = torch.randn(logits.shape, generator=generator, dtype=torch.float64)
    return logits, logits + deviation * noise


def make_deviation(tokens: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return 0.3 + torch.rand((2, tokens, EXPERTS), generator=generator, dtype=torch.float64)


def normal_cdf(value: float) -> float:
    return (1 + math.erf(value / math.sqrt(2))) / 2


def kth_excluding(row: np.ndarray, k: int, expert: int) -> float:
    return sorted((value for i, value in enumerate(row) if i != expert), reverse=True)[k - 1]


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_load_of_shazeer_is_the_formula(k):
    deviation = make_deviation(6)
    logits, noisy = make_noisy(6, deviation)
    expected = np.zeros(EXPERTS)
    flat = (value.reshape(-1, EXPERTS).numpy() for value in (logits, noisy, deviation))
    for clean, row, spread in zip(*flat, strict=True):
        for i in range(EXPERTS):
            expected[i] += normal_cdf((clean[i] - kth_excluding(row, k, i)) / spread[i])
    np.testing.assert_allclose(load_against_others(logits, noisy, deviation, k), expected, rtol=1e-9)


@pytest.mark.parametrize("k", [1, 2, EXPERTS])
def test_the_load_of_vmoe_is_the_formula(k):
    logits, noisy = make_noisy(6, 1 / EXPERTS)
    expected = np.zeros(EXPERTS)
    for clean, row in zip(
        logits.reshape(-1, EXPERTS).numpy(), noisy.reshape(-1, EXPERTS).numpy(), strict=True
    ):
        threshold = sorted(row, reverse=True)[k - 1]
        for i in range(EXPERTS):
            expected[i] += 1 - normal_cdf((threshold - clean[i]) * EXPERTS)
    np.testing.assert_allclose(load_against_threshold(logits, noisy, 1 / EXPERTS, k), expected, rtol=1e-9)


@pytest.mark.parametrize("k", [1, 2])
def test_the_load_of_shazeer_is_how_often_an_expert_is_among_the_best(k):
    deviation = make_deviation(3)
    logits, noisy = make_noisy(3, deviation)
    random, draws = np.random.default_rng(0), 100_000
    counted = np.zeros(EXPERTS)
    for b in range(2):
        for t in range(3):
            for i in range(EXPERTS):
                anew = np.repeat(noisy[b, t].numpy()[None], draws, 0)
                anew[:, i] = logits[b, t, i].item() + deviation[b, t, i].item() * random.normal(size=draws)
                counted[i] += ((anew > anew[:, i : i + 1]).sum(1) < k).mean()
    np.testing.assert_allclose(load_against_others(logits, noisy, deviation, k), counted, atol=0.02)


def test_the_load_of_vmoe_is_how_often_the_threshold_is_reached():
    logits, noisy = make_noisy(3, 1 / EXPERTS)
    random = np.random.default_rng(0)
    anew = logits.numpy() + random.normal(scale=1 / EXPERTS, size=(100_000, *logits.shape))
    threshold = np.sort(noisy.numpy(), -1)[..., -2:-1]
    counted = (anew >= threshold).mean(0).sum((0, 1))
    found = load_against_threshold(logits, noisy, 1 / EXPERTS, 2)
    np.testing.assert_allclose(found, counted, atol=0.02)


def test_all_chosen_is_full_load():
    logits, noisy = make_noisy(6, 1.0)
    assert load_against_others(logits, noisy, torch.ones_like(logits), EXPERTS).tolist() == [12.0] * EXPERTS


@pytest.mark.parametrize("k", [1, 2])
def test_gradients_reach_the_logits_and_the_deviation(k):
    deviation = make_deviation(6).requires_grad_()
    logits, noisy = make_noisy(6, deviation.detach())
    logits.requires_grad_()
    load_against_others(logits, noisy, deviation, k)[0].backward()
    assert logits.grad[..., 0].all()
    assert deviation.grad[..., 0].all()
