"""A mixture is what its steps say, token by token, for features of any size."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from moei_token_moe.bottlenecks import Bottlenecks
from moei_token_moe.gates import Gate, NoisyTopKGate, SwitchGate, VMoEGate
from moei_token_moe.mixture import TokenMixture
from torch import Tensor

from moei_toolkit.testing.modules import require_gradients, shake

CHANNELS, EXPERTS = 6, 3
GATES = [(NoisyTopKGate, 2), (SwitchGate, 1), (VMoEGate, 2)]
BY_NAME = pytest.mark.parametrize(("kind", "k"), GATES)


def make(kind: type[Gate], k: int, pool: int = 2, factor: str = "1") -> TokenMixture:
    torch.manual_seed(0)
    experts = Bottlenecks(CHANNELS, 4, EXPERTS)
    return shake(TokenMixture(kind(CHANNELS, EXPERTS, k), experts, pool, Fraction(factor))).eval()


def features(height: int, width: int, images: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn((images, CHANNELS, height, width), generator=generator)


def tokens_by_hand(h: np.ndarray, pool: int) -> dict[tuple[int, int], np.ndarray]:
    """Mean of every square of cells, cut off at the borders, normalised over channels."""
    _, height, width = h.shape
    tokens = {}
    for top in range(0, height, pool):
        for left in range(0, width, pool):
            mean = h[:, top : top + pool, left : left + pool].mean((1, 2))
            tokens[top // pool, left // pool] = (mean - mean.mean()) / np.sqrt(mean.var() + 1e-5)
    return tokens


def mix_by_hand(mixture: TokenMixture, h: np.ndarray) -> np.ndarray:
    """What is added to one image, before it is spread."""
    tokens = tokens_by_hand(h, mixture.pool)
    rows, columns = (side + 1 for side in max(tokens))
    capacity = -(-mixture.gate.k * len(tokens) * mixture.factor // EXPERTS)
    sparse = isinstance(mixture.gate, NoisyTopKGate)
    weight = mixture.gate.judge.weight.detach().double().numpy()
    wishes = {}
    for cell, token in tokens.items():
        logits = weight @ token
        best = [int(i) for i in np.argsort(-logits)[: mixture.gate.k]]
        among = best if sparse else range(EXPERTS)
        total = sum(np.exp(logits[i]) for i in among)
        wishes[cell] = [(i, np.exp(logits[i]) / total) for i in best]
    queue = list(wishes)
    if isinstance(mixture.gate, VMoEGate):
        queue.sort(key=lambda cell: -wishes[cell][0][1])
    out, taken = np.zeros((CHANNELS, rows, columns)), [0] * EXPERTS
    for rank in range(mixture.gate.k):
        for cell in queue:
            expert, gate = wishes[cell][rank]
            taken[expert] += 1
            if taken[expert] <= capacity:
                out[:, cell[0], cell[1]] += gate * expert_by_hand(mixture.experts, expert, tokens[cell])
    return out


def expert_by_hand(experts: Bottlenecks, number: int, token: np.ndarray) -> np.ndarray:
    reduce, bias, expand, last = (
        value[number].detach().double().numpy()
        for value in (experts.reduce, experts.reduce_bias, experts.expand, experts.expand_bias)
    )
    return np.maximum(token @ reduce + bias[0], 0) @ expand + last[0]


@BY_NAME
@pytest.mark.parametrize("pool", [1, 2])
@pytest.mark.parametrize("factor", ["1/2", "1", "3"])
def test_the_steps_by_hand(kind, k, pool, factor):
    mixture, h = make(kind, k, pool, factor), features(8, 6)
    added, _ = mixture(h)
    for b in range(2):
        grid = torch.from_numpy(mix_by_hand(mixture, h[b].double().numpy())).unsqueeze(0)
        spread = grid if pool == 1 else F.interpolate(grid, size=(8, 6), mode="bilinear")
        torch.testing.assert_close(added[b].double(), spread[0], rtol=1e-4, atol=1e-5)


@BY_NAME
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 7), (8, 3)])
def test_any_size(kind, k, height, width):
    h = features(height, width)
    mixture = make(kind, k, pool=4)
    added, _ = mixture(h)
    assert added.shape == h.shape
    for b in range(2):
        means = list(tokens_by_hand(h[b].numpy(), 4))
        assert mix_by_hand(mixture, h[b].double().numpy()).shape[1:] == tuple(np.add(max(means), 1))


@BY_NAME
def test_a_fresh_one_adds_nothing(kind, k):
    mixture = TokenMixture(kind(CHANNELS, EXPERTS, k), Bottlenecks(CHANNELS, 4, EXPERTS), 2, Fraction(1))
    h = features(8, 6)
    for mode in (True, False):
        assert torch.equal(h + mixture.train(mode)(h)[0], h)


@BY_NAME
def test_tokens_over_capacity_are_left_as_they_are(kind, k):
    mixture, h = make(kind, k, pool=1, factor="1/8"), features(8, 6)
    added, verdict = mixture(h)
    seats = -(-k * 48 // (8 * EXPERTS)) * EXPERTS
    touched = added.any(1).flatten(1).sum(1)
    assert bool((touched <= seats).all())
    assert bool((touched >= seats // EXPERTS).all())
    assert verdict.choice.experts.shape == (2, 48, k)


@BY_NAME
def test_an_image_does_not_depend_on_its_neighbours(kind, k):
    mixture, h = make(kind, k, factor="1/2"), features(8, 6, images=4)
    together, _ = mixture(h)
    for order in ([0], [1, 3], [3, 2, 1, 0]):
        torch.testing.assert_close(mixture(h[order])[0], together[order])


@BY_NAME
def test_training_reaches_every_parameter(kind, k):
    mixture = make(kind, k).train()
    added, verdict = mixture(features(16, 16))
    (added.square().mean() + 0.01 * verdict.imbalance).backward()
    require_gradients(mixture)
    assert mixture.gate.judge.weight.grad.any()
    assert mixture.experts.reduce.grad.flatten(1).any(1).all()
