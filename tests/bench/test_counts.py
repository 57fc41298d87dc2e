"""Operations agree with a count by hand and with fvcore; nothing is left out without being named."""

from __future__ import annotations

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from tiny_run import EXPERTS, PROTOCOL, make_runtime
from torch import nn

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.bench.counts import Counts, count_costs
from moei_toolkit.bench.measuring.subject import Size
from moei_toolkit.bench.parameters import parameters_of
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.types import DENSE

SIZE = Size(80, 56)


@pytest.fixture(scope="module")
def counts() -> Counts:
    return count_costs(make_runtime(), MLPRouter(16, len(EXPERTS)), SIZE)


def test_one_tile_by_hand(counts: Counts):
    """A tile of 32 pixels is 16 wide after the unshuffle; two levels of 4 and 8 channels, one block each."""
    fine, coarse = 16 * 16, 8 * 8
    block = {4: 9 * 4 * 4 + 4 * 4, 8: 9 * 8 * 8 + 8 * 8}
    encode = 9 * 12 * 4 * fine + block[4] * fine + 4 * 4 * 8 * coarse + block[8] * coarse
    context = 16 * 64 + 64 * 2 * 8 + 64 * 2 * 4
    decode = block[8] * coarse + 8 * 16 * coarse + block[4] * fine + 9 * 4 * 24 * fine
    dense = next(route for route in counts.routes if route.route == DENSE)
    assert dense.tile_gflops * 1e9 == pytest.approx(2 * (encode + context + decode), abs=0.5)


def test_an_image_is_described_once_and_restored_tile_by_tile(counts: Counts):
    assert counts.tiles == 3 * 2
    for route in counts.routes:
        assert route.gflops == pytest.approx(counts.describe_gflops + counts.tiles * route.tile_gflops)


class _Restores(nn.Module):
    """A tile restored by dense, as fvcore wants it."""

    def __init__(self, backbone: GlobalUNet) -> None:
        super().__init__()
        self.backbone, self.dense = backbone, Dense()

    def forward(self, x: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
        return self.backbone.decode(self.backbone.encode(x), x, self.dense, g)


def test_fvcore_counts_half_as_many_multiply_adds_being_one_there():
    backbone = GlobalUNet().eval()
    runtime = EagerRuntime(backbone, {}, PROTOCOL)
    found = count_costs(runtime, MLPRouter(1024, 1), Size(32, 32)).routes[0].tile_gflops * 1e9
    reference = FlopCountAnalysis(_Restores(backbone), (torch.zeros(1, 3, 32, 32), torch.zeros(1, 1024)))
    reference.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    by_operator = reference.by_operator()
    assert found == pytest.approx(2 * (by_operator["conv"] + by_operator["linear"]), abs=0.5)


def test_parameters_add_up(counts: Counts):
    by_route = {route.route: route for route in counts.routes}
    assert by_route[DENSE].parameters == 0
    assert by_route["first"].parameters > 0
    assert by_route["first"].active == counts.backbone + counts.router + by_route["first"].parameters
    assert counts.total == counts.backbone + counts.router + sum(r.parameters for r in counts.routes)
    assert by_route["first"].share == by_route["first"].parameters / counts.backbone
    assert counts.backbone == parameters_of(make_runtime().backbone)


def test_what_is_not_counted_is_named(counts: Counts):
    assert {"relu_", "gelu", "pixel_shuffle", "add_"} <= counts.not_counted.keys()
    assert not {"convolution", "addmm", "mm"} & counts.not_counted.keys()
