"""Counted operations are those of the layers, and do not depend on the machine."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny_run import EXPERTS, PROTOCOL, make_runtime
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from moei_toolkit.experts.mixture import Mixture
from moei_toolkit.inference.flops import FlopCount, counting_operations
from moei_toolkit.types import DENSE

SIDE = PROTOCOL.tile


def operations(layer: nn.Conv2d, height: int, width: int) -> int:
    taps = layer.kernel_size[0] * layer.kernel_size[1] * layer.in_channels // layer.groups
    return 2 * taps * layer.out_channels * height * width


def test_an_expert_adds_what_its_layers_take():
    runtime = make_runtime()
    count = FlopCount(runtime)
    dense, worn = (count.gflops(route, runtime.experts[route], SIDE, SIDE) for route in (DENSE, EXPERTS[0]))
    expert = runtime.experts[EXPERTS[0]]
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
    runtime = make_runtime()
    image = np.zeros((70, 50, 3), np.uint8)
    with FlopCounterMode(display=False) as counter:
        runtime.restore(image, EXPERTS[0], runtime.describe(image))
    counted = FlopCount(runtime).gflops(EXPERTS[0], runtime.experts[EXPERTS[0]], 70, 50)
    assert counted * 1e9 == pytest.approx(counter.get_total_flops(), abs=0.5)
    assert counted > 0


def test_two_experts_at_once_take_more_than_one():
    runtime = make_runtime()
    one = runtime.experts[EXPERTS[0]]
    both = Mixture([runtime.experts[name] for name in EXPERTS], [0.5, 0.5])
    count = FlopCount(runtime)
    assert count.gflops("both", both, SIDE, SIDE) > count.gflops("one", one, SIDE, SIDE)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_attention_is_counted_wherever_it_runs(device):
    q, k, v = (torch.zeros(2, 3, count, 8, device=device) for count in (5, 7, 7))
    with torch.inference_mode(), counting_operations() as counter:
        F.scaled_dot_product_attention(q, k, v)
    assert counter.get_total_flops() == 2 * (2 * 2 * 3 * 5 * 7 * 8)


def test_counting_changes_nothing():
    runtime = make_runtime()
    before = [parameter.clone() for parameter in runtime.backbone.parameters()]
    FlopCount(runtime).gflops(EXPERTS[0], runtime.experts[EXPERTS[0]], SIDE, SIDE)
    assert all(map(torch.equal, before, runtime.backbone.parameters()))
    assert {str(parameter.device) for parameter in runtime.experts[EXPERTS[0]].parameters()} == {"cpu"}
