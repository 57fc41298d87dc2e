"""Means over windows: of the whole map where they cover it, and the same in every tile elsewhere."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from moei_nafnet.block import NAFBlock
from moei_nafnet.nafnet import NAFNet
from moei_nafnet.pooling import WindowMean, slide_mean

from moei_toolkit.experts.dense import Dense
from moei_toolkit.testing.modules import shake

DENSE = Dense()


def maps(height: int, width: int, channels: int = 4) -> torch.Tensor:
    return torch.rand((1, channels, height, width), generator=torch.Generator().manual_seed(0))


def small(tlc: int | None = None) -> NAFNet:
    torch.manual_seed(0)
    return shake(NAFNet(4, (1, 1), 1, (1, 1), tlc=tlc, descriptor_dim=16).eval())


@pytest.mark.parametrize("window", [1, 2, 5, 8])
def test_it_is_the_mean_of_the_window_and_of_the_nearest_one_at_the_border(window: int):
    x = maps(8, 13)
    left, right = (window - 1) // 2, window // 2
    expected = F.pad(F.avg_pool2d(x, window, stride=1), (left, right, left, right), mode="replicate")
    torch.testing.assert_close(WindowMean(window)(x), expected)


@pytest.mark.parametrize("window", [8, 9, 100])
def test_a_window_as_long_as_the_axis_is_the_mean_of_the_axis(window: int):
    x = maps(5, 8)
    torch.testing.assert_close(slide_mean(x, window), x.mean(-1, keepdim=True).expand_as(x))


@pytest.mark.parametrize("window", [None, 8, 20])
def test_windows_that_cover_the_map_are_the_global_mean(window: int | None):
    x = maps(6, 8)
    assert torch.equal(WindowMean(window)(x), F.adaptive_avg_pool2d(x, 1))


def test_one_side_may_be_covered_and_the_other_not():
    x = maps(3, 20)
    expected = F.avg_pool2d(x, (3, 5), stride=1)
    torch.testing.assert_close(WindowMean(5)(x)[..., 2:-2], expected.expand(-1, -1, 3, -1))


def test_far_from_zero_running_sums_stay_exact():
    x = 1000 + maps(300, 300, channels=1)
    torch.testing.assert_close(WindowMean(4)(x)[..., 1:-2, 1:-2], F.avg_pool2d(x, 4, stride=1))


def test_a_graph_traced_on_maps_of_one_size_takes_those_of_any():
    pool, dynamic = WindowMean(6), torch.export.Dim.DYNAMIC
    traced = torch.export.export(pool, (maps(9, 11),), dynamic_shapes=({2: dynamic, 3: dynamic},)).module()
    for size in ((9, 11), (20, 7), (3, 20), (5, 4)):
        x = maps(*size)
        torch.testing.assert_close(traced(x), pool(x).expand_as(x))


@pytest.mark.parametrize("size", [(40, 64), (33, 50), (1, 1)])
def test_a_network_with_windows_that_cover_the_image_pools_globally(size: tuple[int, int]):
    x = maps(*size, channels=3)
    with torch.no_grad():
        assert torch.equal(small(tlc=64)(x, DENSE), small()(x, DENSE))


def test_on_larger_images_it_does_not():
    x = maps(80, 64, channels=3)
    with torch.no_grad():
        assert not torch.allclose(small(tlc=64)(x, DENSE), small()(x, DENSE))


@pytest.mark.parametrize(("window", "agrees"), [(8, True), (None, False)])
def test_two_tiles_agree_where_they_overlap_only_with_windows(window: int | None, agrees: bool):
    torch.manual_seed(0)
    block, x = shake(NAFBlock(4, window).eval()), maps(24, 60)
    with torch.no_grad():
        one, other = block(x[..., :40]), block(x[..., 20:])
    inner = slice(8, 12)  # further from the ends of both tiles than a window reaches
    assert torch.allclose(one[..., 20:][..., inner], other[..., inner], atol=1e-6) == agrees


def test_every_level_has_windows_of_the_same_pixels():
    net = small(tlc=32)
    found = {name: module.window for name, module in net.named_modules() if isinstance(module, WindowMean)}
    assert found == {
        "encoders.0.0.sca.0": 32,
        "encoders.1.0.sca.0": 16,
        "middle_blks.0.sca.0": 8,
        "decoders.0.0.sca.0": 16,
        "decoders.1.0.sca.0": 32,
    }
