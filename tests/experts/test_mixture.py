"""A mixture is the weighted mean of its experts, block by block."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.dense import Dense
from moei_toolkit.experts.lora import LoRA
from moei_toolkit.experts.mixture import Mixture
from moei_toolkit.registry import EXPERTS
from moei_toolkit.testing.modules import shake


@pytest.fixture
def backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return shake(GlobalUNet(width=8, levels=1, blocks=1, descriptor_dim=16)).eval()


@pytest.fixture
def experts(backbone) -> list[Adapter]:
    return [shake(Adapter(backbone, 1 / 4, top_blocks=1), seed) for seed in (1, 2)]


def test_the_mean_of_every_block(backbone, experts):
    x = torch.rand((2, 16, 6, 7), generator=torch.Generator().manual_seed(0))
    block = backbone.block("level1_0")
    first, second = (expert.run("level1_0", block, x) for expert in experts)
    mixed = Mixture(experts, [0.6, 0.2]).run("level1_0", block, x)
    torch.testing.assert_close(mixed, 0.75 * first + 0.25 * second)


def test_all_weight_on_one_expert_is_that_expert(backbone, experts):
    x = torch.rand((1, 3, 24, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(backbone(x, Mixture(experts, [0, 3])), backbone(x, experts[1]))
        torch.testing.assert_close(backbone(x, Mixture([Dense()], [2])), backbone(x, Dense()))


def test_without_weights_all_count_the_same(backbone, experts):
    x = torch.rand((2, 16, 6, 7), generator=torch.Generator().manual_seed(0))
    block = backbone.block("level1_0")
    equal, given = (Mixture(experts, weights).run("level1_0", block, x) for weights in (None, [2.0, 2.0]))
    assert torch.equal(equal, given)


def test_a_config_builds_it_with_its_experts(backbone):
    parts = [{"type": "lora", "rank": 2}, {"type": "adapter", "top_blocks": 1}]
    built = EXPERTS.build({"type": "mixture", "experts": parts}, backbone=backbone)
    assert [type(expert) for expert in built.experts] == [LoRA, Adapter]
    assert built.weights == (0.5, 0.5)
    assert any(parameter.requires_grad for parameter in built.parameters())


@pytest.mark.parametrize(
    ("count", "weights"), [(0, []), (2, [1.0]), (2, [0.0, 0.0]), (2, [2.0, -1.0]), (2, [float("nan"), 1.0])]
)
def test_weights_that_do_not_weigh_are_refused(experts, count, weights):
    with pytest.raises(ValueError, match="expected"):
        Mixture(experts[:count], weights)


class Demanding(Dense):
    def penalty(self):
        return torch.tensor(1.5)


def test_what_its_experts_ask_for_is_asked_for(experts):
    assert Mixture(experts).penalty() is None
    assert Mixture([Demanding(), experts[0], Demanding()]).penalty().item() == 3.0
