"""The promises of every expert, and what is left of this one with a single kernel."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from moei_condconv.expert import CondConv

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.backbones.timm_unet import TimmUNet
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
    return torch.rand((3, 32, 5, 7), generator=torch.Generator().manual_seed(0))


def test_the_contract_within_three_percent_of_the_default_backbone():
    torch.manual_seed(0)
    check_expert(lambda wearer: EXPERTS.build({"type": "condconv"}, backbone=wearer), GlobalUNet())


@pytest.mark.parametrize("options", [{}, {"top_blocks": 0, "kernels": 1}, {"size": 5, "reduction": 1}])
def test_the_contract_on_another_backbone(options):
    torch.manual_seed(0)
    wearer = TimmUNet("test_resnet", descriptor_dim=16)
    check_expert(lambda wearer: CondConv(wearer, **options), wearer, budget=None)


@pytest.mark.parametrize("kernels", [1, 4])
def test_one_kernel_is_an_adapter_scaled_by_its_gate(backbone, x, kernels):
    expert = shake(CondConv(backbone, kernels, reduction=1 / 8, top_blocks=1))
    reduce, mixed, _, expand = expert.adapters[SITE]
    h = backbone.block(SITE)(x)
    z = reduce(h)
    plain = F.relu(F.conv2d(z, mixed.kernels[0].view(4, 4, 3, 3), mixed.biases[0], padding=1))
    gate = mixed.gates(z)[:, 0, None, None, None]
    difference = expert.run(SITE, backbone.block(SITE), x) - (h + gate * expand(plain))
    assert (difference.abs().max().item() < 1e-5) == (kernels == 1)


def test_the_last_sites_are_private_copies(backbone, x):
    expert = CondConv(backbone, top_blocks=2)
    assert list(expert.adapters) == [SITE]
    assert list(expert.copies) == ["level0_0", "tail"]
    block = backbone.block("tail")
    assert torch.equal(expert.run("tail", block, x[:, :16]), block(x[:, :16]))
    shake(expert)
    assert not torch.equal(expert.run("tail", block, x[:, :16]), block(x[:, :16]))


def test_half_precision_trains(backbone, x):
    expert = shake(CondConv(backbone, top_blocks=1)).train()
    with torch.autocast("cpu", torch.bfloat16):
        restored = expert.run(SITE, backbone.block(SITE), x)
    restored.float().square().mean().backward()
    assert all(bool(torch.isfinite(p.grad).all()) for p in expert.adapters[SITE].parameters())


def test_it_asks_for_no_penalty(backbone, x):
    expert = CondConv(backbone, top_blocks=1).train()
    expert.run(SITE, backbone.block(SITE), x)
    assert expert.penalty() is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kernels": 0}, "kernels must be 1 or more, got 0"),
        ({"reduction": 0}, r"reduction must lie in \(0, 1\], got 0"),
        ({"size": 4}, "size must be odd and above 0, got 4"),
        ({"top_blocks": 4}, r"top_blocks must lie in \[0, 3\], got 4"),
    ],
)
def test_impossible_options_are_refused(backbone, options, said):
    with pytest.raises(ValueError, match=said):
        CondConv(backbone, **{"top_blocks": 1, **options})
