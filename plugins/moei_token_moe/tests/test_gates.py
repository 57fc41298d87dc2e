"""Gates draw noise in training only, keep float32, and learn from their penalty."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from moei_token_moe.balance import importance_of, squared_variation, switch_balance, z_loss
from moei_token_moe.choice import top_k_of, top_k_of_all
from moei_token_moe.gates import Gate, NoisyTopKGate, SwitchGate, VMoEGate, penalty_of
from moei_token_moe.load import load_against_others, load_against_threshold

from moei_toolkit.testing.modules import require_gradients, shake

CHANNELS, EXPERTS = 8, 4
GATES = [(NoisyTopKGate, 2), (SwitchGate, 1), (VMoEGate, 2)]
BY_NAME = pytest.mark.parametrize(("kind", "k"), GATES)


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randn((2, 50, CHANNELS), generator=torch.Generator().manual_seed(0))


def make(kind: type[Gate], k: int) -> Gate:
    torch.manual_seed(0)
    return shake(kind(CHANNELS, EXPERTS, k))


def noise(shape: torch.Size, seed: int = 5) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(shape)


@BY_NAME
def test_outside_training_nothing_is_random_or_punished(kind, k, tokens):
    gate = make(kind, k).eval()
    first, second = gate(tokens), gate(tokens)
    assert torch.equal(first.choice.weights, second.choice.weights)
    assert torch.equal(first.logits, tokens @ gate.judge.weight.T)
    assert first.imbalance is None
    assert penalty_of(first, 1.0, 1.0) is None


@pytest.mark.parametrize(("kind", "k"), [GATES[0], GATES[2]])
def test_noise_comes_from_the_seeded_generator(kind, k, tokens):
    gate = make(kind, k).train()
    weights = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        weights.append(gate(tokens).choice.weights)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_noisy_top_k_is_the_formula(tokens):
    gate = make(NoisyTopKGate, 2).train()
    logits, deviation = tokens @ gate.judge.weight.T, F.softplus(tokens @ gate.spread.weight.T) + 0.01
    noisy = logits + noise(logits.shape) * deviation
    torch.manual_seed(5)
    verdict = gate(tokens)
    expected = top_k_of(noisy, 2)
    assert torch.equal(verdict.choice.experts, expected.experts)
    torch.testing.assert_close(verdict.choice.weights, expected.weights)
    load = load_against_others(logits, noisy, deviation, 2)
    imbalance = squared_variation(importance_of(expected, EXPERTS)) + squared_variation(load)
    torch.testing.assert_close(verdict.imbalance, imbalance)
    assert verdict.priority is None


def test_a_fresh_noisy_gate_spreads_noise_evenly(tokens):
    gate = NoisyTopKGate(CHANNELS, EXPERTS, 2)
    deviation = F.softplus(gate.spread(tokens)).detach()
    torch.testing.assert_close(deviation, torch.full((2, 50, EXPERTS), math.log(2)))


def test_noise_that_training_has_taken_away_leaves_gradients_finite(tokens):
    gate = make(NoisyTopKGate, 2).train()
    with torch.no_grad():
        gate.spread.weight.mul_(1e4)
    gate(tokens).imbalance.backward()
    assert all(bool(torch.isfinite(p.grad).all()) for p in gate.parameters())


def test_switch_takes_the_most_probable(tokens):
    gate = make(SwitchGate, 1).train()
    verdict = gate(tokens)
    probabilities = (tokens @ gate.judge.weight.T).softmax(-1)
    torch.testing.assert_close(verdict.choice.weights[..., 0], probabilities.max(-1).values)
    assert torch.equal(verdict.choice.experts[..., 0], probabilities.argmax(-1))
    torch.testing.assert_close(verdict.imbalance, switch_balance(verdict.logits))


def test_vmoe_is_the_formula_and_seats_by_weight(tokens):
    gate = make(VMoEGate, 2).train()
    logits = tokens @ gate.judge.weight.T
    noisy = logits + noise(logits.shape) / EXPERTS
    torch.manual_seed(5)
    verdict = gate(tokens)
    expected = top_k_of_all(noisy, 2)
    assert torch.equal(verdict.choice.experts, expected.experts)
    torch.testing.assert_close(verdict.choice.weights, expected.weights)
    assert torch.equal(verdict.priority, verdict.choice.weights[..., 0])
    importance = logits.softmax(-1).sum((0, 1))
    load = load_against_threshold(logits, noisy, 1 / EXPERTS, 2)
    torch.testing.assert_close(
        verdict.imbalance, (squared_variation(importance) + squared_variation(load)) / 2
    )


@BY_NAME
def test_the_penalty_weighs_imbalance_and_z_loss(kind, k, tokens):
    verdict = make(kind, k).train()(tokens)
    expected = 0.1 * verdict.imbalance + 0.001 * z_loss(verdict.logits)
    torch.testing.assert_close(penalty_of(verdict, 0.1, 0.001), expected)


@BY_NAME
def test_weights_and_penalty_teach_the_gate(kind, k, tokens):
    for learn in (lambda verdict: verdict.choice.weights[..., 0].sum(), lambda verdict: verdict.imbalance):
        gate = make(kind, k).train()
        learn(gate(tokens)).backward()
        require_gradients(gate)
        assert gate.judge.weight.grad.any()


@BY_NAME
def test_the_penalty_evens_out_a_gate_that_prefers_one(kind, k, tokens):
    gate = make(kind, k).train()
    tokens = torch.cat([tokens, torch.ones(2, 50, 1)], 2)[..., 1:]
    with torch.no_grad():
        gate.judge.weight[0, -1] += 4.0  # the last channel is the same for all tokens
    optimizer = torch.optim.SGD(gate.parameters(), lr=0.3)
    busiest = []
    for _ in range(60):
        verdict = gate(tokens)
        optimizer.zero_grad()
        verdict.imbalance.backward()
        optimizer.step()
        busiest.append(torch.bincount(verdict.choice.experts[..., 0].flatten(), minlength=EXPERTS).max())
    assert busiest[0] > 80
    assert busiest[-1] < 60


@BY_NAME
def test_a_gate_judges_in_float32_whatever_is_around_it(kind, k, tokens):
    gate = make(kind, k).eval()
    with torch.autocast("cpu", torch.bfloat16):
        verdict = gate(tokens)
    assert verdict.logits.dtype == verdict.choice.weights.dtype == torch.float32
    assert torch.equal(verdict.logits, gate(tokens).logits)
