"""The published networks have the parameters that were published, and what the contract adds is known."""

from __future__ import annotations

import pytest
import torch
from moei_nafnet.nafnet import NAFNet
from moei_nafnet.published import published_state

from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.dense import Dense
from moei_toolkit.experts.lora import LoRA
from moei_toolkit.inference.flops import counting_operations
from moei_toolkit.testing.modules import count_parameters

SIDD = ((2, 2, 4, 8), 12, (2, 2, 2, 2))
GOPRO = ((1, 1, 1, 28), 1, (1, 1, 1, 1))
PUBLISHED = {
    "SIDD-width32": (32, SIDD, 29_159_715),
    "SIDD-width64": (64, SIDD, 115_982_915),
    "GoPro-width32": (32, GOPRO, 17_111_907),
    "GoPro-width64": (64, GOPRO, 67_888_835),
}
FIT = {"SIDD-width32": 8, "SIDD-width64": 8, "GoPro-width32": 5, "GoPro-width64": 4}


@pytest.fixture(scope="module", params=PUBLISHED)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def net(name: str) -> NAFNet:
    """In its full size, without any memory for it."""
    width, (encoder, middle, decoder), _ = PUBLISHED[name]
    with torch.device("meta"):
        return NAFNet(width, encoder, middle, decoder).eval()


def conv(inputs: int, outputs: int, side: int, bias: bool = True) -> int:
    return side * side * inputs * outputs + bias * outputs


def block(c: int) -> int:
    """One NAFBlock by the equations of the paper."""
    norms, scales = 2 * 2 * c, 2 * c
    spatial = conv(c, 2 * c, 1) + conv(1, 2 * c, 3) + conv(c, c, 1)
    attention = conv(c, c, 1)
    feed_forward = conv(c, 2 * c, 1) + conv(c, c, 1)
    return norms + spatial + attention + feed_forward + scales


def by_hand(width: int, encoder: tuple[int, ...], middle: int, decoder: tuple[int, ...]) -> int:
    ends = conv(3, width, 3) + conv(width, 3, 3)
    levels = [width * 2**level for level in range(len(encoder))]
    blocks = sum(n * block(c) for n, c in zip(encoder, levels, strict=True))
    blocks += middle * block(2 * levels[-1])
    blocks += sum(n * block(c) for n, c in zip(decoder, reversed(levels), strict=True))
    return ends + blocks + sum(conv(c, 2 * c, 2) + conv(2 * c, 4 * c, 1, bias=False) for c in levels)


def test_one_block_of_256_channels_has_what_the_authors_measured():
    assert block(256) == 467_200  # 0.466 M without the scales, issue 37 of their repository


def test_parameters_are_those_of_the_published_network(name: str, net: NAFNet):
    width, shape, published = PUBLISHED[name]
    assert by_hand(width, *shape) == published
    assert sum(tensor.numel() for tensor in published_state(net).values()) == published


def test_what_the_contract_adds_is_the_descriptor_and_the_modulation(name: str, net: NAFNet):
    width, _, published = PUBLISHED[name]
    summaries = 2 * (37 + 2 * 31 * width)  # of two views: image statistics, and two for every channel
    assert count_parameters(net.descriptor) == (summaries + 1) * 1024 + 2 * 1024
    assert count_parameters(net.context) == 1025 * 64
    assert count_parameters(net.film) == 65 * 2 * 15 * width
    added = sum(count_parameters(part) for part in (net.descriptor, net.context, net.film))
    assert added == {32: 4_270_080, 64: 8_395_712}[width]
    assert count_parameters(net) == published + added


def test_so_are_its_operations(name: str, net: NAFNet):
    x, g = torch.empty(1, 3, 256, 256, device="meta"), torch.empty(1, 1024, device="meta")
    with torch.no_grad(), counting_operations() as counter:
        net.decode(net.encode(x), x, Dense(), g)
    measured = {32: 16.2, 64: 63.6}[PUBLISHED[name][0]]  # with what is done per element
    assert counter.get_total_flops() / 2e9 == pytest.approx(measured, rel=0.02)


def test_experts_stay_within_three_percent(name: str, net: NAFNet):
    budget = 0.03 * count_parameters(net)
    assert count_parameters(LoRA(net)) <= budget
    owned = range(len(net.sites()) + 1)
    assert max(n for n in owned if count_parameters(Adapter(net, top_blocks=n)) <= budget) == FIT[name]
