"""The published networks have the parameters that were published, and what the contract adds is known."""

from __future__ import annotations

import pytest
import torch
from moei_restormer.published import published_state
from moei_restormer.restormer import Restormer

from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.dense import Dense
from moei_toolkit.experts.lora import LoRA
from moei_toolkit.inference.flops import counting_operations
from moei_toolkit.testing.modules import count_parameters

PUBLISHED = {True: 26_126_644, False: 26_111_668}
ADDED = 3_143_488


@pytest.fixture(scope="module", params=PUBLISHED)
def norm_bias(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture(scope="module")
def net(norm_bias: bool) -> Restormer:
    """In its full size, without any memory for it."""
    with torch.device("meta"):
        return Restormer(norm_bias=norm_bias).eval()


def block(c: int, heads: int, norm_bias: bool) -> int:
    """One transformer block by the equations of the paper."""
    norms = 2 * (c + norm_bias * c)
    attention = heads + c * 3 * c + 9 * 3 * c + c * c
    hidden = int(2.66 * c)
    feed_forward = c * 2 * hidden + 9 * 2 * hidden + hidden * c
    return norms + attention + feed_forward


def by_hand(norm_bias: bool) -> int:
    encoder = [(4, 48, 1), (6, 96, 2), (6, 192, 4), (8, 384, 8)]
    decoder = [(6, 192, 4), (6, 96, 2), (4 + 4, 96, 1)]  # the last with its refinement
    blocks = sum(count * block(c, heads, norm_bias) for count, c, heads in encoder + decoder)
    halving = sum(9 * c * c // 2 for c in (48, 96, 192))
    doubling = sum(9 * c * 2 * c for c in (384, 192, 96))
    joining = 384 * 192 + 192 * 96
    return 9 * 3 * 48 + blocks + halving + doubling + joining + 9 * 96 * 3


def test_parameters_are_those_of_the_published_network(norm_bias: bool, net: Restormer):
    assert by_hand(norm_bias) == PUBLISHED[norm_bias]
    assert sum(tensor.numel() for tensor in published_state(net).values()) == PUBLISHED[norm_bias]


def test_what_the_contract_adds_is_the_descriptor_and_the_modulation(norm_bias: bool, net: Restormer):
    summaries = 2 * (37 + 2 * (48 + 96 + 192 + 384))  # of two views: image statistics, two for every channel
    assert count_parameters(net.descriptor) == (summaries + 1) * 1024 + 2 * 1024
    assert count_parameters(net.context) == 1025 * 64
    assert count_parameters(net.film) == 65 * 2 * (192 + 96 + 96)
    assert sum(count_parameters(part) for part in (net.descriptor, net.context, net.film)) == ADDED
    assert count_parameters(net) == PUBLISHED[norm_bias] + ADDED


def test_so_are_its_operations(net: Restormer):
    x, g = torch.empty(1, 3, 256, 256, device="meta"), torch.empty(1, 1024, device="meta")
    with torch.no_grad(), counting_operations() as counter:
        net.decode(net.encode(x), x, Dense(), g)
    assert counter.get_total_flops() / 2e9 == pytest.approx(154.9, abs=0.05)  # the paper's 141 and attention


def test_experts_stay_within_three_percent(net: Restormer):
    budget = 0.03 * count_parameters(net)
    assert count_parameters(LoRA(net)) <= budget
    owned = range(len(net.sites()) + 1)
    assert max(n for n in owned if count_parameters(Adapter(net, top_blocks=n)) <= budget) == 8
