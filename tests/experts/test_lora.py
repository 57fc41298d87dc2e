"""LoRA is what its formula says, starts from nothing, and can be folded into the weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.experts.lora import LoRA
from moei_toolkit.testing.modules import count_parameters, shake, state_of


@pytest.fixture
def backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return shake(GlobalUNet(width=8, levels=1, blocks=1, descriptor_dim=16)).eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def test_a_change_of_a_convolution_is_a_convolution_to_its_rank_and_one_back(backbone):
    lora = shake(LoRA(backbone, rank=3, alpha=6.0))
    tail, x = backbone.block("tail"), noise(2, 8, 6, 7)
    (change,) = lora.changes["tail"]
    inner = F.conv2d(x, change.a.view(3, 8, 3, 3), padding=1)
    expected = tail(x) + 2.0 * F.conv2d(inner, change.b.view(24, 3, 1, 1))
    torch.testing.assert_close(lora.run("tail", tail, x), expected)


def test_a_change_of_a_linear_layer():
    class Lines(GlobalUNet):
        def __init__(self):
            super().__init__(width=4, levels=0, blocks=0, descriptor_dim=8)
            self.decoder["lines"] = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 5))

        def sites(self):
            return {"lines": 5}

    backbone = Lines()
    lora = shake(LoRA(backbone, rank=2, alpha=2.0))
    block, x = backbone.block("lines"), noise(3, 5)
    h = x
    for layer, change in zip(block, lora.changes["lines"], strict=True):
        h = layer(h) + h @ change.a.T @ change.b.T
    torch.testing.assert_close(lora.run("lines", block, x), h)


def test_it_starts_from_zero_and_from_something_random(backbone):
    for changes in LoRA(backbone).changes.values():
        for change in changes:
            assert not change.b.any()
            assert change.a.std() > 0


def test_a_rank_is_never_more_than_a_layer_has(backbone):
    ranks = [change.a.shape[0] for change in LoRA(backbone, rank=12).changes["level0_0"]]
    assert ranks == [8, 8]


def test_only_the_last_sites_are_changed(backbone):
    lora = shake(LoRA(backbone, top_blocks=1))
    block, x = backbone.block("level1_0"), noise(1, 16, 6, 7)
    assert list(lora.changes) == ["tail"]
    assert torch.equal(lora.run("level1_0", block, x), block(x))
    assert lora.merged("level1_0", block) is None


def test_merged_it_is_what_it_was_and_the_block_is_left_alone(backbone):
    lora = shake(LoRA(backbone))
    before = state_of(backbone)
    for site in backbone.sites():
        block = backbone.block(site)
        x = noise(2, 16 if site == "level1_0" else 8, 9, 5)
        merged = lora.merged(site, block)
        expected = lora.run(site, block, x)
        assert (merged(x) - expected).abs().max() <= 1e-5
        assert (expected - block(x)).abs().max() > 1e-2
        assert count_parameters(merged) == count_parameters(block)
    assert all(torch.equal(before[name], value) for name, value in backbone.state_dict().items())


def test_what_was_merged_does_not_follow_later_training(backbone):
    lora, x = shake(LoRA(backbone)), noise(1, 8, 6, 7)
    merged = lora.merged("tail", backbone.block("tail"))
    before = merged(x)
    shake(lora, seed=1)
    assert torch.equal(merged(x), before)


def test_other_experts_do_not_merge(backbone):
    assert Dense().merged("tail", backbone.block("tail")) is None
    assert Expert.merged(Dense(), "tail", backbone.block("tail")) is None


def test_it_stays_within_three_percent_of_the_default_backbone():
    backbone = GlobalUNet()
    assert 0 < count_parameters(LoRA(backbone)) <= 0.03 * count_parameters(backbone)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rank": 0}, "rank must be 1 or more, got 0"),
        ({"alpha": 0.0}, "alpha must be positive and finite, got 0.0"),
        ({"alpha": float("inf")}, "got inf"),
        ({"top_blocks": 0}, r"top_blocks must lie in \[1, 3\], got 0"),
        ({"top_blocks": 4}, "got 4"),
    ],
)
def test_impossible_options_are_refused(backbone, options, said):
    with pytest.raises(ValueError, match=said):
        LoRA(backbone, **options)
