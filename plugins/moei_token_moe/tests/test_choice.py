"""Choices are what their formulas say, written once more in loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from moei_token_moe.choice import top_k_of, top_k_of_all

IMAGES, TOKENS, EXPERTS = 2, 7, 5


def make_logits() -> torch.Tensor:
    return torch.randn((IMAGES, TOKENS, EXPERTS), generator=torch.Generator().manual_seed(0))


def softmax(row: np.ndarray) -> np.ndarray:
    exponents = np.exp(row - row.max())
    return exponents / exponents.sum()


@pytest.mark.parametrize("k", [1, 2, EXPERTS])
@pytest.mark.parametrize("over_all", [False, True])
def test_the_k_best_and_their_weights(k, over_all):
    logits = make_logits()
    choice = (top_k_of_all if over_all else top_k_of)(logits, k)
    assert choice.experts.shape == choice.weights.shape == (IMAGES, TOKENS, k)
    for b in range(IMAGES):
        for t in range(TOKENS):
            row = logits[b, t].double().numpy()
            best = np.argsort(-row)[:k]
            kept = np.full(EXPERTS, -np.inf)
            kept[best] = row[best]
            gates = softmax(row if over_all else kept)
            assert choice.experts[b, t].tolist() == best.tolist()
            np.testing.assert_allclose(choice.weights[b, t], gates[best], rtol=1e-5)


def test_only_kept_weights_sum_to_one():
    logits = make_logits()
    torch.testing.assert_close(top_k_of(logits, 2).weights.sum(-1), torch.ones(IMAGES, TOKENS))
    assert bool((top_k_of_all(logits, 2).weights.sum(-1) < 1).all())


@pytest.mark.parametrize("k", [1, 2])
def test_gradients_reach_the_logits_through_the_weights(k):
    logits = make_logits().requires_grad_()
    (top_k_of_all(logits, k).weights * torch.arange(1.0, k + 1)).sum().backward()
    assert bool(logits.grad.any(-1).all())
