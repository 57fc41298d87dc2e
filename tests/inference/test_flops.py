"""Counted operations are those of the layers, and do not depend on the machine."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_run import EXPERTS, PROTOCOL, make_routed
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from moei_toolkit.experts.mixture import Mixture
from moei_toolkit.inference.flops import FlopCount
from moei_toolkit.types import DENSE

SIDE = PROTOCOL.tile


def operations(layer: nn.Conv2d, height: int, width: int) -> int:
    taps = layer.kernel_size[0] * layer.kernel_size[1] * layer.in_channels // layer.groups
    return 2 * taps * layer.out_channels * height * width


def test_an_expert_adds_what_its_layers_take():
    routed = make_routed()
    count = FlopCount(routed)
    dense, worn = (count.gflops(routed.routes[route], SIDE, SIDE) for route in (DENSE, EXPERTS[0]))
    expert = routed.routes[EXPERTS[0]]
    strides = {"level1_0": 4, "level0_0": 2}
    added = sum(
        operations(layer, SIDE // strides[site], SIDE // strides[site])
        for site, adapter in expert.adapters.items()
        for layer in adapter
        if isinstance(layer, nn.Conv2d)
    )
    assert (worn - dense) * 1e9 == pytest.approx(added)
    assert added > 0


def test_it_is_what_restoring_an_image_really_takes():
    routed = make_routed()
    image = np.zeros((70, 50, 3), np.uint8)
    with FlopCounterMode(display=False) as counter:
        routed.restore(image, EXPERTS[0], routed.describe(image))
    counted = FlopCount(routed).gflops(routed.routes[EXPERTS[0]], 70, 50)
    assert counted * 1e9 == counter.get_total_flops() > 0


def test_two_experts_at_once_take_more_than_one():
    routed = make_routed()
    one = routed.routes[EXPERTS[0]]
    both = Mixture([routed.routes[name] for name in EXPERTS], [0.5, 0.5])
    count = FlopCount(routed)
    assert count.gflops(both, SIDE, SIDE) > count.gflops(one, SIDE, SIDE)


def test_counting_changes_nothing():
    routed = make_routed()
    before = [parameter.clone() for parameter in routed.backbone.parameters()]
    FlopCount(routed).gflops(routed.routes[EXPERTS[0]], SIDE, SIDE)
    assert all(map(torch.equal, before, routed.backbone.parameters()))
    assert {str(parameter.device) for parameter in routed.routes[EXPERTS[0]].parameters()} == {"cpu"}
