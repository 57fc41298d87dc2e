"""Adapters are what their formula says, and as small as they promise."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.testing.modules import count_parameters, shake


@pytest.fixture
def backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return shake(GlobalUNet(width=8, levels=1, blocks=1, descriptor_dim=16)).eval()


def test_the_formula(backbone):
    adapter = shake(Adapter(backbone, reduction=1 / 4, top_blocks=1))
    x = torch.rand((2, 16, 6, 7), generator=torch.Generator().manual_seed(0))
    block = backbone.block("level1_0")
    reduce, depthwise, _, expand = adapter.adapters["level1_0"]
    assert depthwise.groups == depthwise.in_channels == 4
    h = block(x)
    inner = F.relu(F.conv2d(reduce(h), depthwise.weight, depthwise.bias, padding=1, groups=4))
    expected = h + F.conv2d(inner, expand.weight, expand.bias)
    torch.testing.assert_close(adapter.run("level1_0", block, x), expected)


def test_the_last_sites_are_private_copies(backbone):
    adapter = Adapter(backbone, top_blocks=2)
    assert list(adapter.copies) == ["level0_0", "tail"]
    assert list(adapter.adapters) == ["level1_0"]
    x = torch.rand((1, 8, 6, 7), generator=torch.Generator().manual_seed(0))
    block = backbone.block("level0_0")
    before = block(x)
    assert torch.equal(adapter.run("level0_0", block, x), before)
    shake(adapter)
    assert not torch.equal(adapter.run("level0_0", block, x), before)
    assert torch.equal(block(x), before)


@pytest.mark.parametrize("frozen", [True, False])
def test_its_parameters_learn_whether_or_not_the_backbone_does(backbone, frozen):
    backbone.requires_grad_(not frozen)
    adapter = Adapter(backbone, top_blocks=1)
    assert all(parameter.requires_grad for parameter in adapter.parameters())
    assert all(parameter.requires_grad is not frozen for parameter in backbone.parameters())


@pytest.mark.parametrize("reduction", [1 / 32, 1 / 16])
def test_it_stays_within_three_percent_of_the_default_backbone(reduction):
    backbone = GlobalUNet()
    share = count_parameters(Adapter(backbone, reduction)) / count_parameters(backbone)
    assert 0 < share <= 0.03


def test_the_reduction_sets_the_hidden_channels(backbone):
    hidden = {
        reduction: Adapter(backbone, reduction, top_blocks=0).adapters["level1_0"][0].out_channels
        for reduction in (1 / 32, 1 / 16, 1 / 8, 1 / 2, 1)
    }
    assert hidden == {1 / 32: 1, 1 / 16: 1, 1 / 8: 2, 1 / 2: 8, 1: 16}


def test_a_gate_scales_what_is_added_by_its_hyperbolic_tangent(backbone):
    gated = shake(Adapter(backbone, reduction=1 / 4, top_blocks=1, gate=True))
    *inner, gate = gated.adapters["level1_0"]
    x = torch.rand((2, 16, 6, 7), generator=torch.Generator().manual_seed(0))
    block = backbone.block("level1_0")
    added = block(x)
    for layer in inner:
        added = layer(added)
    assert gate.gate.shape == (16, 1, 1)
    torch.testing.assert_close(gated.run("level1_0", block, x), block(x) + added * torch.tanh(gate.gate))


def test_a_gated_adapter_starts_from_its_gate_and_learns(backbone):
    gated = Adapter(backbone.requires_grad_(False), reduction=1 / 4, top_blocks=0, gate=True)
    x = torch.rand((1, 16, 6, 7), generator=torch.Generator().manual_seed(0))
    block = backbone.block("level1_0")
    assert torch.equal(gated.run("level1_0", block, x), block(x))
    *_, expand, gate = gated.adapters["level1_0"]
    gated.run("level1_0", block, x).square().sum().backward()
    assert expand.weight.any()
    assert not gate.gate.any()
    assert gate.gate.grad.all()


def test_without_a_gate_nothing_of_it_is_there(backbone):
    plain = Adapter(backbone, top_blocks=1)
    assert [name for name in plain.state_dict() if "level1_0" in name] == [
        f"adapters.level1_0.{layer}.{kind}" for layer in (0, 1, 3) for kind in ("weight", "bias")
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reduction": 0}, r"reduction must lie in \(0, 1\], got 0"),
        ({"reduction": 1.5}, "got 1.5"),
        ({"top_blocks": 4}, r"top_blocks must lie in \[0, 3\], got 4"),
        ({"top_blocks": -1}, "got -1"),
    ],
)
def test_impossible_options_are_refused(backbone, options, said):
    with pytest.raises(ValueError, match=said):
        Adapter(backbone, **options)
