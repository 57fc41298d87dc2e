"""What the penalty is made of is what the papers say, written once more in loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from moei_token_moe.balance import importance_of, squared_variation, switch_balance, z_loss
from moei_token_moe.choice import top_k_of

EXPERTS = 4


def make_logits(tokens: int = 9, seed: int = 0) -> torch.Tensor:
    return torch.randn((2, tokens, EXPERTS), generator=torch.Generator().manual_seed(seed))


def softmax(row: list[float]) -> list[float]:
    total = sum(math.exp(value) for value in row)
    return [math.exp(value) / total for value in row]


def test_importance_is_the_sum_of_weights():
    choice = top_k_of(make_logits(), 2)
    expected = [0.0] * EXPERTS
    for experts, weights in zip(choice.experts.reshape(-1, 2), choice.weights.reshape(-1, 2), strict=True):
        for expert, weight in zip(experts.tolist(), weights.tolist(), strict=True):
            expected[expert] += weight
    np.testing.assert_allclose(importance_of(choice, EXPERTS), expected, rtol=1e-5)


def test_the_squared_variation_is_that_of_a_population():
    values = [1.0, 2.0, 6.0, 3.0]
    mean = sum(values) / 4
    expected = sum((value - mean) ** 2 for value in values) / 4 / mean**2
    assert float(squared_variation(torch.tensor(values))) == pytest.approx(expected)
    assert float(squared_variation(1000 * torch.tensor(values))) == pytest.approx(expected)


@pytest.mark.parametrize("experts", [2, 4, 8])
def test_even_use_varies_by_nothing_and_one_alone_the_most(experts):
    assert float(squared_variation(torch.full((experts,), 3.7))) == pytest.approx(0, abs=1e-12)
    alone = torch.zeros(experts)
    alone[1] = 5.0
    assert float(squared_variation(alone)) == pytest.approx(experts - 1)


def test_the_balance_of_switch_is_the_formula():
    logits = make_logits()
    rows = [row.tolist() for row in logits.reshape(-1, EXPERTS)]
    shares, means = [0.0] * EXPERTS, [0.0] * EXPERTS
    for row in rows:
        shares[row.index(max(row))] += 1 / len(rows)
        for expert, probability in enumerate(softmax(row)):
            means[expert] += probability / len(rows)
    expected = EXPERTS * sum(f * p for f, p in zip(shares, means, strict=True))
    assert float(switch_balance(logits)) == pytest.approx(expected, rel=1e-5)


def test_the_balance_of_switch_is_one_where_use_is_even_and_more_where_it_is_not():
    even = 10 * torch.eye(EXPERTS).repeat(1, 3, 1)
    assert float(switch_balance(even)) == pytest.approx(1)
    assert float(switch_balance(torch.zeros(1, 8, EXPERTS))) == pytest.approx(1)  # f alone, all to the first
    one = torch.tensor([[[20.0, 0, 0, 0]]]).expand(1, 8, EXPERTS)
    assert float(switch_balance(one)) == pytest.approx(EXPERTS, rel=1e-6)


def test_the_balance_of_switch_learns_to_leave_the_busiest():
    logits = make_logits(200)
    logits[..., 0] += 1.0
    logits.requires_grad_()
    switch_balance(logits).backward()
    by_expert = logits.grad.sum((0, 1))
    assert by_expert.argmax() == 0
    assert float(by_expert[0]) > 0 > float(by_expert[1:].min())


def test_the_z_loss_is_the_formula():
    logits = 3 * make_logits()
    each = [math.log(sum(map(math.exp, row))) ** 2 for row in logits.reshape(-1, EXPERTS).tolist()]
    assert float(z_loss(logits)) == pytest.approx(sum(each) / len(each), rel=1e-5)
    assert float(z_loss(torch.full((1, 2, EXPERTS), -math.log(EXPERTS)))) == pytest.approx(0, abs=1e-12)
