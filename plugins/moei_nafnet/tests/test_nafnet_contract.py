"""NAFNet keeps the contract of a backbone, and experts theirs on it."""

from __future__ import annotations

import pytest
import torch
from moei_nafnet.nafnet import NAFNet

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.experts.full import Full
from moei_toolkit.experts.lora import LoRA
from moei_toolkit.registry import BACKBONES
from moei_toolkit.testing import check_backbone, check_expert
from moei_toolkit.testing.modules import shake

DENSE = Dense()
TINY = {
    "width": 4,
    "encoder_blocks": [1, 2],
    "middle_blocks": 1,
    "decoder_blocks": [2, 1],
    "descriptor_dim": 16,
}


def tiny(**options: object) -> NAFNet:
    torch.manual_seed(0)
    return BACKBONES.build({"type": "nafnet", **TINY, **options}).eval()


def picture(height: int, width: int) -> torch.Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("tlc", [None, 8])
def test_it_keeps_the_contract_of_a_backbone(tlc: int | None):
    check_backbone(lambda: tiny(tlc=tlc))


def wear_adapter(backbone: Backbone) -> Expert:
    return Adapter(backbone, top_blocks=2)


@pytest.mark.parametrize("make", [wear_adapter, LoRA, Full])
def test_experts_keep_theirs_on_it(make: type[Expert]):
    check_expert(make, tiny(), budget=None, sizes=[(17, 31)])


def test_sites_are_the_blocks_of_the_decoder_from_coarse_to_fine_and_the_tail():
    assert tiny().sites() == {"level1_0": 8, "level1_1": 8, "level0_0": 4, "tail": 3}
    assert list(tiny().sites()) == ["level1_0", "level1_1", "level0_0", "tail"]


def test_features_halve_from_level_to_level_and_double_in_channels():
    net = tiny()
    assert net.size_multiple == 4
    shapes = [tuple(level.shape) for level in net.encode(picture(17, 30))]
    assert shapes == [(1, 4, 20, 32), (1, 8, 10, 16), (1, 16, 5, 8)]


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (33, 20)])
def test_an_untrained_network_is_the_identity(size: tuple[int, int]):
    x = picture(*size)
    assert torch.equal(tiny()(x, DENSE), x)


def test_the_descriptor_reaches_every_pixel():
    net, x = shake(tiny()), picture(32, 48)
    a, b = torch.randn(2, 1, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = net.encode(x)
        moved = net.decode(features, x, DENSE, a) != net.decode(features, x, DENSE, b)
    assert bool(moved.any(1).all())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"decoder_blocks": [1]}, r"equally many numbers above 0, .*got \(1, 2\), \(1,\) and 1"),
        ({"encoder_blocks": [], "decoder_blocks": []}, r"got \(\), \(\) and 1"),
        ({"encoder_blocks": [1, 0]}, r"got \(1, 0\), \(2, 1\) and 1"),
        ({"middle_blocks": 0}, "and middle_blocks one, got .* and 0"),
        ({"tlc": 6}, "tlc must be a multiple of 4 pixels, or None, got 6"),
        ({"tlc": 0}, "got 0"),
        ({"context_dropout": 1.0}, r"context_dropout must lie in \[0, 1\), got 1.0"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, object], said: str):
    with pytest.raises(ValueError, match=said):
        NAFNet(**{**TINY, **options})
