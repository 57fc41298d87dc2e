"""The expert keeps its budget, and balances channels by the mean of what it sees."""

from __future__ import annotations

import pytest
import torch
from moei_sandstorm.expert import BalancedAdapter

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.testing import check_expert
from moei_toolkit.testing.modules import count_parameters, shake


@pytest.fixture(scope="module")
def backbone() -> GlobalUNet:
    """The default backbone in its default size: the budget is a fraction of it."""
    return GlobalUNet()


def test_it_keeps_the_contract_of_experts(backbone: GlobalUNet):
    check_expert(BalancedAdapter, backbone, budget=0.03)


@pytest.mark.parametrize(("reduction", "top_blocks"), [(1 / 32, 0), (1 / 16, 9), (1.0, 3)])
def test_it_keeps_the_contract_in_other_sizes(reduction: float, top_blocks: int):
    small = GlobalUNet(width=8, levels=3, blocks=2, descriptor_dim=32)
    check_expert(lambda wearer: BalancedAdapter(wearer, reduction, top_blocks), small, budget=None)


def test_what_it_holds_is_the_copies_and_little_else(backbone: GlobalUNet):
    expert = BalancedAdapter(backbone)
    added = count_parameters(expert) - count_parameters(expert.copies)
    assert added < 0.01 * count_parameters(backbone)


@torch.no_grad()
@pytest.mark.parametrize("site", ["level3_0", "level1_1", "tail"])
def test_the_balance_is_one_gain_per_channel_and_image(backbone: GlobalUNet, site: str):
    """Where pixels lie does not matter to it, and another image has another gain."""
    expert = shake(BalancedAdapter(backbone))
    balance = expert.balances[site]
    x = torch.randn(2, backbone.sites()[site], 6, 5)
    gains = balance(x)
    assert gains.shape == (2, backbone.sites()[site], 1, 1)
    torch.testing.assert_close(balance(x.flip(2, 3)), gains)
    assert not torch.allclose(gains[0], gains[1])


@torch.no_grad()
def test_a_balance_alone_scales_the_copy(backbone: GlobalUNet):
    """A widening that says 0.5 for every channel makes the tail half as strong again."""
    expert = BalancedAdapter(backbone)
    x = torch.randn(1, 24, 6, 5)
    before = expert.run("tail", backbone.block("tail"), x)
    shake(expert.copies["tail"])
    own = expert.copies["tail"](x)
    expert.balances["tail"].widen.bias.fill_(0.5)
    torch.testing.assert_close(expert.run("tail", backbone.block("tail"), x), 1.5 * own)
    assert torch.equal(before, backbone.block("tail")(x))


@pytest.mark.parametrize(("options", "words"), [((0.0, 5), "reduction"), ((0.1, 10), "top_blocks")])
def test_impossible_sizes_are_refused(backbone: GlobalUNet, options: tuple[float, int], words: str):
    with pytest.raises(ValueError, match=words):
        BalancedAdapter(backbone, *options)
