"""The promises of every expert, and the penalty that this one asks for."""

from __future__ import annotations

import copy

import pytest
import torch
from moei_complexity_experts.balance import imbalance
from moei_complexity_experts.expert import ComplexityExperts

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.backbones.timm_unet import TimmUNet
from moei_toolkit.registry import EXPERTS
from moei_toolkit.testing import ContractError, check_expert
from moei_toolkit.testing.modules import shake

NAME = "complexity_experts"
SITE = "level1_0"


@pytest.fixture
def backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return shake(GlobalUNet(width=16, levels=1, blocks=1, descriptor_dim=16)).eval()


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand((4, 32, 6, 7), generator=torch.Generator().manual_seed(0))


def test_the_contract_within_three_percent_of_the_default_backbone():
    torch.manual_seed(0)
    check_expert(lambda wearer: EXPERTS.build({"type": NAME}, backbone=wearer), GlobalUNet())


@pytest.mark.parametrize("options", [{}, {"top_blocks": 0}, {"complexity_bias": False}])
def test_the_contract_on_another_backbone(options):
    torch.manual_seed(0)
    wearer = TimmUNet("test_resnet", descriptor_dim=16)
    check_expert(lambda wearer: ComplexityExperts(wearer, **options), wearer, budget=None)


def test_noise_at_test_breaks_the_contract(backbone):
    with pytest.raises(ContractError, match="in evaluation mode nothing is random"):
        check_expert(
            lambda wearer: ComplexityExperts(wearer, top_blocks=1, noise_at_test=True), backbone, budget=None
        )


def test_blocks_are_refined_and_the_last_ones_owned(backbone, x):
    expert = shake(ComplexityExperts(backbone, top_blocks=2)).eval()
    block = backbone.block(SITE)
    h = block(x)
    expected = expert.branches[SITE](h, expert.routers[SITE](h))
    assert torch.equal(expert.run(SITE, block, x), expected)
    assert list(expert.branches) == list(expert.routers) == [SITE]
    assert list(expert.copies) == ["level0_0", "tail"]
    assert torch.equal(expert.run("tail", block, x[:, :16]), expert.copies["tail"](x[:, :16]))


@pytest.mark.parametrize("bias", [True, False])
def test_the_penalty_is_the_mean_over_blocks(backbone, x, bias, monkeypatch):
    asked = []

    def remember(decision, complexity):
        asked.append((imbalance(decision, complexity), complexity))
        return asked[-1][0]

    monkeypatch.setattr("moei_complexity_experts.expert.imbalance", remember)
    expert = ComplexityExperts(backbone, top_blocks=1, complexity_bias=bias, penalty_weight=0.1).train()
    expert.run(SITE, backbone.block(SITE), x)
    expert.run("level0_0", backbone.block("level0_0"), x[:, :16])
    first, second = (value.item() for value, _ in asked)
    assert first != second
    assert expert.penalty().item() == pytest.approx(0.1 * (first + second) / 2)
    sizes = [p / max(expert.branches[SITE].sizes()) for p in expert.branches[SITE].sizes()]
    assert asked[0][1].tolist() == pytest.approx(sizes if bias else [1, 1, 1])


def test_the_penalty_is_of_the_runs_since_it_was_asked(backbone, x):
    expert = ComplexityExperts(backbone, top_blocks=1)
    assert expert.train().penalty() is None
    expert.run(SITE, backbone.block(SITE), x)
    penalty = expert.penalty()
    penalty.backward()
    assert expert.routers[SITE].judge.weight.grad.any()
    assert expert.penalty() is None
    expert.eval().run(SITE, backbone.block(SITE), x)
    assert expert.penalty() is None


def test_what_was_not_asked_for_does_not_outlive_training(backbone, x):
    expert = ComplexityExperts(backbone, top_blocks=1).train()
    expert.run(SITE, backbone.block(SITE), x)
    assert copy.deepcopy(expert.eval()).train().penalty() is None


def test_half_precision_trains(backbone, x):
    expert = shake(ComplexityExperts(backbone, top_blocks=1)).train()
    with torch.autocast("cpu", torch.bfloat16):
        refined = expert.run(SITE, backbone.block(SITE), x)
    (refined.float().square().mean() + expert.penalty()).backward()
    assert refined.dtype == torch.bfloat16
    assert expert.penalty_weight == 0.01
    assert all(bool(torch.isfinite(p.grad).all()) for p in expert.branches[SITE].parameters())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reductions": [1 / 16], "kernels": [3]}, "two branches at least"),
        ({"reductions": [1 / 16, 1 / 8]}, r"each with a reduction and a kernel, got .* and \[3, 5, 7\]"),
        ({"reductions": [1 / 16, 1 / 8, 0]}, r"reductions must lie in \(0, 1\]"),
        ({"kernels": [3, 4, 5]}, r"kernels must be odd and above 0, got \[3, 4, 5\]"),
        ({"top_blocks": 4}, r"top_blocks must lie in \[0, 3\], got 4"),
        ({"penalty_weight": -1}, "penalty_weight must be 0 or more, and finite, got -1"),
        ({"penalty_weight": float("inf")}, "penalty_weight .* got inf"),
    ],
)
def test_impossible_options_are_refused(backbone, options, said):
    with pytest.raises(ValueError, match=said):
        ComplexityExperts(backbone, **{"top_blocks": 1, **options})
