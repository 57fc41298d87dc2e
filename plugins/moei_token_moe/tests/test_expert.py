"""The promises of every expert, where tokens lie, what moving them costs, and the penalty of training."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from moei_token_moe.expert import GATES, TokenMoE
from moei_token_moe.gates import penalty_of

from moei_toolkit.backbones.dehazexl import DehazeXL
from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.backbones.timm_unet import TimmUNet
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.registry import EXPERTS
from moei_toolkit.testing import check_expert
from moei_toolkit.testing.modules import count_parameters, shake

SITE = "level1_0"


@pytest.fixture
def backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return shake(GlobalUNet(width=16, levels=1, blocks=1, descriptor_dim=16)).eval()


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand((4, 32, 8, 12), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def default() -> GlobalUNet:
    return GlobalUNet()


@pytest.mark.parametrize("gate", GATES)
def test_the_contract_within_three_percent_of_the_default_backbone(default, gate):
    check_expert(lambda wearer: EXPERTS.build({"type": "token_moe", "gate": gate}, backbone=wearer), default)


@pytest.mark.parametrize("options", [{}, {"top_blocks": 0, "gate": "vmoe"}, {"capacity_factor": 0.2}])
def test_the_contract_on_another_backbone(options):
    wearer = TimmUNet("test_resnet", descriptor_dim=16)
    check_expert(lambda wearer: TokenMoE(wearer, **options), wearer, budget=None)


def test_blocks_are_refined_and_the_last_ones_owned(backbone, x):
    expert = shake(TokenMoE(backbone, top_blocks=2)).eval()
    block = backbone.block(SITE)
    h = block(x)
    assert torch.equal(expert.run(SITE, block, x), h + expert.mixtures[SITE](h)[0])
    assert list(expert.mixtures) == [SITE]
    assert list(expert.copies) == ["level0_0", "tail"]
    assert torch.equal(expert.run("tail", block, x[:, :16]), expert.copies["tail"](x[:, :16]))


def test_a_token_is_a_cell_of_sixteen_pixels(default):
    expert = TokenMoE(default, top_blocks=0)
    pools = {site: mixture.pool for site, mixture in expert.mixtures.items()}
    strides = {"level3": 16, "level2": 8, "level1": 4, "level0": 2, "tail": 2}
    assert pools == {site: 16 // strides[site.partition("_")[0]] for site in default.sites()}
    assert {one.pixels for one in expert.traffic(2160, 3840)} == {16}
    assert {one.tokens for one in expert.traffic(2160, 3840)} == {32_400}


def test_where_features_are_coarser_each_cell_is_a_token(backbone):
    expert = TokenMoE(backbone, cell=2, top_blocks=1)
    assert {one.site: one.pixels for one in expert.traffic(64, 64)} == {SITE: 4, "level0_0": 2}


@pytest.mark.parametrize("region", [64, 192, 256])
def test_a_token_is_as_large_where_a_backbone_sees_regions(region):
    wearer = DehazeXL(width=32, depths=(1, 1, 1, 1), region=region, descriptor_dim=16)
    expert = TokenMoE(wearer, top_blocks=0)
    pools = {"level3": 1, "level2": 1, "level1": 2, "level0": 4, "tail": 16}
    found = {site.partition("_")[0]: mixture.pool for site, mixture in expert.mixtures.items()}
    assert found == pools
    passed = count_tokens(expert, wearer, 200, 100)
    assert {one.site: one.tokens for one in expert.traffic(200, 100)} == passed


@pytest.mark.parametrize(("height", "width"), [(1, 1), (17, 31), (40, 64), (100, 33)])
def test_as_many_tokens_as_are_told_pass_the_gate(backbone, height, width):
    expert = TokenMoE(backbone, top_blocks=0)
    passed = count_tokens(expert, backbone, height, width)
    assert {one.site: one.tokens for one in expert.traffic(height, width)} == passed


def count_tokens(expert, backbone, height, width):
    """Return how many tokens pass the gate of every site when an image is restored."""
    passed = {}
    for site, mixture in expert.eval().mixtures.items():
        mixture.gate.register_forward_hook(
            lambda gate, given, verdict, site=site: passed.update({site: given[0].shape[:2].numel()})
        )
    with torch.no_grad():
        backbone.eval()(torch.rand(1, 3, height, width), expert)
    return passed


@pytest.mark.parametrize(("gate", "k"), [("noisy_top_k", 2), ("switch", 1), ("vmoe", 2)])
def test_bytes_moved_for_a_4k_photograph(default, gate, k):
    expert = TokenMoE(default, gate)
    sites = {"level3_0": 192, "level3_1": 192, "level2_0": 96, "level2_1": 96}
    assert {one.site: one.dispatched for one in expert.traffic(2160, 3840)} == {
        site: 2 * k * 32_400 * channels * 4 for site, channels in sites.items()
    }
    assert expert.dispatch_bytes(2160, 3840) == k * 149_299_200


def test_parameters(default):
    expert = TokenMoE(default, experts=3, reduction=1 / 16, top_blocks=5)
    routed = sum(3 * (c + c) + 3 * (2 * c * c // 16 + c // 16 + c) for c in (192, 192, 96, 96))
    owned = sum(count_parameters(default.block(site)) for site in list(default.sites())[-5:])
    assert count_parameters(expert) == routed + owned
    switch = TokenMoE(default, "switch", experts=3, reduction=1 / 16, top_blocks=5)
    assert count_parameters(expert) - count_parameters(switch) == 3 * (192 + 192 + 96 + 96)


def test_the_penalty_is_the_mean_over_sites(backbone, x, monkeypatch):
    asked = []

    def remember(verdict, balance, z):
        asked.append((penalty_of(verdict, balance, z), balance, z))
        return asked[-1][0]

    monkeypatch.setattr("moei_token_moe.expert.penalty_of", remember)
    expert = TokenMoE(backbone, top_blocks=1, balance=0.2, z_weight=0.1).train()
    expert.run(SITE, backbone.block(SITE), x)
    expert.run("level0_0", backbone.block("level0_0"), x[:, :16])
    first, second = (value.item() for value, *_ in asked)
    assert first != second
    assert expert.penalty().item() == pytest.approx((first + second) / 2)
    assert [weights for _, *weights in asked] == [[0.2, 0.1]] * 2


def test_the_penalty_is_of_the_runs_since_it_was_asked(backbone, x):
    expert = TokenMoE(backbone, top_blocks=1)
    assert expert.train().penalty() is None
    expert.run(SITE, backbone.block(SITE), x)
    expert.penalty().backward()
    assert expert.mixtures[SITE].gate.judge.weight.grad.any()
    assert expert.penalty() is None
    expert.eval().run(SITE, backbone.block(SITE), x)
    assert expert.penalty() is None


def test_what_was_not_asked_for_does_not_outlive_training(backbone, x):
    expert = TokenMoE(backbone, top_blocks=1).train()
    expert.run(SITE, backbone.block(SITE), x)
    assert copy.deepcopy(expert.eval()).train().penalty() is None


@pytest.mark.parametrize("gate", GATES)
def test_half_precision_trains(backbone, x, gate):
    expert = shake(TokenMoE(backbone, gate, top_blocks=1)).train()
    with torch.autocast("cpu", torch.bfloat16):
        refined = expert.run(SITE, backbone.block(SITE), x)
    (refined.float().square().mean() + expert.penalty()).backward()
    assert refined.dtype == torch.bfloat16
    assert all(bool(torch.isfinite(p.grad).all()) for p in expert.mixtures[SITE].parameters())


@pytest.mark.parametrize("gate", GATES)
def test_an_image_of_any_size_is_restored_by_tiles(backbone, gate):
    expert = shake(TokenMoE(backbone, gate, top_blocks=1))
    protocol = Protocol(overview_size=16, probe_size=16, probes=2, tile=48, overlap=16)
    runtime = EagerRuntime(backbone, {"wet": expert}, protocol)
    image = np.random.default_rng(0).integers(0, 256, (71, 130, 3), dtype=np.uint8)
    g = runtime.describe(image)
    restored, dense = (runtime.restore(image, route, g) for route in ("wet", "dense"))
    assert restored.shape == (71, 130, 3)
    assert not np.array_equal(restored, dense)
    assert np.array_equal(restored, runtime.restore(image, "wet", g))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gate": "top"}, r"gate must be one of \['noisy_top_k', 'switch', 'vmoe'\], got 'top'"),
        ({"experts": 1}, "experts must be 2 or more, got 1"),
        ({"k": 5}, r"k must lie in \[1, 4\], got 5"),
        ({"gate": "switch", "k": 2}, "gate 'switch' sends a token to 1 small expert, got k=2"),
        ({"reduction": 0}, r"reduction must lie in \(0, 1\], got 0"),
        ({"capacity_factor": 0}, "capacity_factor must be 0.001 or more, and finite, got 0"),
        ({"cell": 0}, "cell must be 1 or more, got 0"),
        ({"top_blocks": 4}, r"top_blocks must lie in \[0, 3\], got 4"),
        ({"balance": -1}, "balance must be 0 or more, and finite, got -1"),
        ({"z_weight": math.inf}, "z_weight must be 0 or more, and finite, got inf"),
    ],
)
def test_impossible_options_are_refused(backbone, options, said):
    with pytest.raises(ValueError, match=said):
        TokenMoE(backbone, **{"top_blocks": 1, **options})
