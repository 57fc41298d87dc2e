"""Restormer keeps the contract of a backbone, and experts theirs on it."""

from __future__ import annotations

import pytest
import torch
from moei_restormer.restormer import Restormer

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
    "blocks": [1, 1, 2, 1],
    "refinement_blocks": 2,
    "heads": [1, 2, 2, 4],
    "descriptor_dim": 16,
}


def tiny(**options: object) -> Restormer:
    torch.manual_seed(0)
    return BACKBONES.build({"type": "restormer", **TINY, **options}).eval()


def picture(height: int, width: int) -> torch.Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("norm_bias", [True, False])
def test_it_keeps_the_contract_of_a_backbone(norm_bias: bool):
    check_backbone(lambda: tiny(norm_bias=norm_bias))


def wear_adapter(backbone: Backbone) -> Expert:
    return Adapter(backbone, top_blocks=2)


@pytest.mark.parametrize("make", [wear_adapter, LoRA, Full])
def test_experts_keep_theirs_on_it(make: type[Expert]):
    check_expert(make, tiny(), budget=None, sizes=[(17, 31)])


def test_sites_are_the_blocks_of_decoder_and_refinement_in_running_order_and_the_tail():
    assert list(tiny().sites().items()) == [
        ("level2_0", 16),
        ("level2_1", 16),
        ("level1_0", 8),
        ("level0_0", 8),
        ("refinement_0", 8),
        ("refinement_1", 8),
        ("tail", 3),
    ]


def test_features_halve_from_level_to_level_and_double_in_channels():
    net = tiny()
    assert net.size_multiple == 8
    shapes = [tuple(level.shape) for level in net.encode(picture(17, 30))]
    assert shapes == [(1, 4, 24, 32), (1, 8, 12, 16), (1, 16, 6, 8), (1, 32, 3, 4)]


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
        ({"blocks": [1, 1, 1]}, r"blocks must be 4 numbers above 0, .*got \(1, 1, 1\) and 2"),
        ({"blocks": [1, 0, 1, 1]}, r"got \(1, 0, 1, 1\) and 2"),
        ({"refinement_blocks": 0}, "refinement_blocks one, got .* and 0"),
        ({"heads": [1, 3, 2, 4]}, r"divide the channels \(4, 8, 16, 32\) of the levels, got \(1, 3, 2, 4\)"),
        ({"heads": [1, 2]}, r"got \(1, 2\)"),
        ({"heads": [0, 1, 1, 1]}, r"got \(0, 1, 1, 1\)"),
        ({"width": 3, "heads": [1, 1, 1, 1]}, "width must be an even number above 0, got 3"),
        ({"width": 0}, "got 0"),
        ({"expansion": 0.2}, "expansion must leave 4 channels one at least, got 0.2"),
        ({"expansion": -1}, "expansion .* got -1"),
        ({"expansion": float("inf")}, "expansion .* got inf"),
        ({"context_dropout": 1.0}, r"context_dropout must lie in \[0, 1\), got 1.0"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, object], said: str):
    with pytest.raises(ValueError, match=said):
        Restormer(**{**TINY, **options})
