"""The promises of every expert, where this one acts, and what it cannot act beside."""

from __future__ import annotations

import pytest
import torch
from moei_adaptir.expert import AdaptIR
from torch import nn

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.backbones.timm_unet import TimmUNet
from moei_toolkit.errors import ConfigError
from moei_toolkit.registry import EXPERTS
from moei_toolkit.testing import check_expert
from moei_toolkit.testing.modules import shake

SITE = "level1_0"


@pytest.fixture
def backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return shake(GlobalUNet(width=16, levels=1, blocks=1, descriptor_dim=16)).eval()


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand((2, 32, 5, 7), generator=torch.Generator().manual_seed(0))


def test_the_contract_within_three_percent_of_the_default_backbone():
    torch.manual_seed(0)
    check_expert(lambda wearer: EXPERTS.build({"type": "adaptir"}, backbone=wearer), GlobalUNet())


@pytest.mark.parametrize("options", [{}, {"divisor": 4, "top_blocks": 1}, {"divisor": 1000}])
def test_the_contract_on_another_backbone(options):
    torch.manual_seed(0)
    wearer = TimmUNet("test_resnet", descriptor_dim=16)
    check_expert(lambda wearer: AdaptIR(wearer, **options), wearer, budget=None)


def test_it_is_beside_the_block_and_not_after_it(backbone, x):
    expert = shake(AdaptIR(backbone, top_blocks=1))
    block = backbone.block(SITE)
    added = expert.adaptations[SITE](x)
    torch.testing.assert_close(expert.run(SITE, block, x), block(x) + added)
    torch.testing.assert_close(expert.run(SITE, nn.Identity(), x), x + added)


def test_the_last_sites_are_private_copies(backbone, x):
    expert = AdaptIR(backbone, top_blocks=2)
    assert list(expert.adaptations) == [SITE]
    assert list(expert.copies) == ["level0_0", "tail"]
    block = backbone.block("tail")
    assert torch.equal(expert.run("tail", block, x[:, :16]), block(x[:, :16]))
    shake(expert)
    assert not torch.equal(expert.run("tail", block, x[:, :16]), block(x[:, :16]))


def test_hidden_channels_are_a_fourteenth_and_at_least_one(backbone):
    hidden = {
        divisor: AdaptIR(backbone, divisor, top_blocks=2).adaptations[SITE].reduce.out_channels
        for divisor in (1, 14, 16, 33)
    }
    assert hidden == {1: 32, 14: 2, 16: 2, 33: 1}


def test_a_single_place_of_a_single_hidden_channel_is_adapted():
    narrow = GlobalUNet(width=4, levels=0, descriptor_dim=16)
    check_expert(lambda wearer: AdaptIR(wearer, top_blocks=1), narrow, budget=None)


def test_a_block_that_changes_the_shape_is_refused(backbone, x):
    expert = AdaptIR(backbone, top_blocks=0)
    with pytest.raises(
        ConfigError, match=r"'tail': .* makes \(24, 5, 7\) of \(16, 5, 7\); a larger top_blocks"
    ):
        expert.run("tail", backbone.block("tail"), x[:, :16])


def test_half_precision_trains(backbone, x):
    expert = shake(AdaptIR(backbone, top_blocks=1)).train()
    with torch.autocast("cpu", torch.bfloat16):
        restored = expert.run(SITE, backbone.block(SITE), x)
    restored.float().square().mean().backward()
    assert all(bool(torch.isfinite(p.grad).all()) for p in expert.adaptations[SITE].parameters())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"divisor": 0}, "divisor must be 1 or more, and finite, got 0"),
        ({"divisor": float("inf")}, "divisor .* got inf"),
        ({"top_blocks": 4}, r"top_blocks must lie in \[0, 3\], got 4"),
        ({"top_blocks": -1}, "got -1"),
    ],
)
def test_impossible_options_are_refused(backbone, options, said):
    with pytest.raises(ValueError, match=said):
        AdaptIR(backbone, **{"top_blocks": 1, **options})
