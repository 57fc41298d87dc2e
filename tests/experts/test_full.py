"""A full expert is the decoder over again, and its own."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.experts.full import Full
from moei_toolkit.testing.modules import count_parameters, shake


@pytest.fixture
def backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return shake(GlobalUNet(width=8, levels=1, blocks=1, descriptor_dim=16)).eval()


def test_it_owns_every_block_of_the_decoder(backbone):
    full = Full(backbone)
    assert list(full.copies) == list(backbone.sites())
    assert count_parameters(full) == sum(count_parameters(backbone.block(site)) for site in backbone.sites())
    assert all(parameter.requires_grad for parameter in full.parameters())


def test_or_only_the_last_ones(backbone):
    full = shake(Full(backbone, top_blocks=1))
    assert list(full.copies) == ["tail"]
    x = torch.rand((1, 16, 6, 7), generator=torch.Generator().manual_seed(0))
    block = backbone.block("level1_0")
    assert torch.equal(full.run("level1_0", block, x), block(x))


@pytest.mark.parametrize("count", [0, 4])
def test_a_number_of_blocks_that_is_not_there_is_refused(backbone, count):
    with pytest.raises(ValueError, match=rf"\[1, 3\], got {count}"):
        Full(backbone, top_blocks=count)
