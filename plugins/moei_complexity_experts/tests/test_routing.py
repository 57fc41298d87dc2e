"""Gates, load and penalty are what their formulas say, written once more without torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from moei_complexity_experts.balance import imbalance, load, squared_variation
from moei_complexity_experts.routing import BlockRouter, Decision


def make_decision(images: int = 6, branches: int = 3, seed: int = 0) -> Decision:
    generator = torch.Generator().manual_seed(seed)
    logits = 0.5 * torch.randn((images, branches), generator=generator)
    noise = torch.randn((images, branches), generator=generator) / branches
    return Decision(logits, logits + noise, 1 / branches)


def normal_cdf(value: float) -> float:
    return (1 + math.erf(value / math.sqrt(2))) / 2


def load_by_hand(decision: Decision) -> np.ndarray:
    logits, noisy = decision.logits.numpy(), decision.noisy.numpy()
    images, branches = logits.shape
    total = np.zeros(branches)
    for b in range(images):
        for i in range(branches):
            rival = max(noisy[b, j] for j in range(branches) if j != i)
            total[i] += normal_cdf((logits[b, i] - rival) / decision.deviation)
    return total / images


def variation_by_hand(values: np.ndarray) -> float:
    return float((np.std(values) / np.mean(values)) ** 2)


@pytest.mark.parametrize("branches", [2, 3, 5])
def test_the_load_is_the_formula_of_shazeer(branches):
    decision = make_decision(branches=branches)
    np.testing.assert_allclose(load(decision).numpy(), load_by_hand(decision), rtol=1e-5)


def test_the_load_is_how_often_a_branch_wins_with_new_noise():
    decision = make_decision(images=2)
    noise = np.random.default_rng(0).normal(scale=decision.deviation, size=(200_000, 2, 3))
    anew = decision.logits.numpy() + noise
    noisy = decision.noisy.numpy()
    for i in range(3):
        rival = np.delete(noisy, i, axis=1).max(axis=1)
        assert float(load(decision)[i]) == pytest.approx((anew[:, :, i] > rival).mean(), abs=5e-3)


def test_the_importance_counts_the_complex_more():
    decision, complexity = make_decision(), torch.tensor([0.1, 0.3, 1.0])
    noisy = decision.noisy.numpy().astype(np.float64)
    gates = np.stack([np.exp(row) / np.exp(row).sum() for row in noisy])
    expected = 0.5 * variation_by_hand(complexity.numpy() * gates.sum(0))
    expected += 0.5 * variation_by_hand(load_by_hand(decision))
    assert float(imbalance(decision, complexity)) == pytest.approx(expected, rel=1e-5)


def test_even_use_costs_nothing_and_one_branch_for_all_the_most():
    equal = torch.zeros(4, 3)
    assert float(imbalance(Decision(equal, equal, 1 / 3), torch.ones(3))) == pytest.approx(0, abs=1e-12)
    always_first = torch.tensor([[50.0, 0, 0]]).expand(4, 3)
    assert float(imbalance(Decision(always_first, always_first, 1 / 3), torch.ones(3))) == pytest.approx(2)


def test_the_variation_knows_no_scale():
    values = torch.tensor([1.0, 2.0, 6.0])
    assert float(squared_variation(values)) == pytest.approx(variation_by_hand(values.numpy()))
    assert float(squared_variation(1000 * values)) == pytest.approx(float(squared_variation(values)))


def test_learning_takes_from_the_complex_branch_and_gives_to_the_others():
    logits = torch.zeros((3000, 3), requires_grad=True)
    noise = torch.randn(logits.shape, generator=torch.Generator().manual_seed(0)) / 3
    imbalance(Decision(logits, logits + noise, 1 / 3), torch.tensor([0.1, 0.3, 1.0])).backward()
    simple, middle, complex_ = (-logits.grad).sum(0).tolist()
    assert min(simple, middle) > 0 > complex_


def test_an_even_importance_is_gates_in_inverse_proportion_to_complexity():
    logits, complexity = torch.zeros(3, requires_grad=True), torch.tensor([0.1, 0.3, 1.0])
    optimizer = torch.optim.SGD([logits], lr=1.0)
    for _ in range(300):
        optimizer.zero_grad()
        squared_variation(complexity * logits.softmax(0)).backward()
        optimizer.step()
    inverse = 1 / complexity
    torch.testing.assert_close(logits.softmax(0).detach(), inverse / inverse.sum(), atol=1e-4, rtol=1e-3)


def test_the_gates_are_the_softmax_of_a_linear_map_of_the_mean():
    router = BlockRouter(4, 3, noise_at_test=False).eval()
    h = torch.rand((2, 4, 3, 5), generator=torch.Generator().manual_seed(0))
    gates = router(h).gates.detach().numpy()
    weight = router.judge.weight.detach().numpy()
    for b in range(2):
        mean = [h[b, c].numpy().mean() for c in range(4)]
        scores = np.exp([sum(w * m for w, m in zip(row, mean, strict=True)) for row in weight])
        np.testing.assert_allclose(gates[b], scores / scores.sum(), rtol=1e-5)
    assert [name for name, _ in router.named_parameters()] == ["judge.weight"]


@pytest.mark.parametrize("branches", [2, 3, 5])
def test_the_noise_of_training_has_one_nth_of_deviation(branches):
    torch.manual_seed(0)
    decision = BlockRouter(4, branches, noise_at_test=False).train()(torch.rand(20_000, 4, 1, 1))
    noise = (decision.noisy - decision.logits).detach()
    assert float(noise.std()) == pytest.approx(1 / branches, rel=0.02)
    assert float(noise.mean()) == pytest.approx(0, abs=0.01)


def test_evaluation_has_noise_only_where_it_is_asked_for():
    h = torch.rand(3, 4, 2, 2)
    quiet, noisy = (BlockRouter(4, 3, noise_at_test=at_test).eval()(h) for at_test in (False, True))
    assert torch.equal(quiet.noisy, quiet.logits)
    assert not torch.equal(noisy.noisy, noisy.logits)
