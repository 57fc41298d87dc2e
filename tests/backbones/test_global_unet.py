"""What the default backbone promises beyond the contract of every backbone."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.backbones.global_unet import TAIL, GlobalUNet
from moei_toolkit.experts.dense import Dense
from moei_toolkit.testing.modules import shake

DENSE = Dense()


def small(**options: int) -> GlobalUNet:
    torch.manual_seed(0)
    return GlobalUNet(**{"width": 4, "levels": 2, "blocks": 1, "descriptor_dim": 16, **options}).eval()


def picture(height: int, width: int) -> torch.Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def decode(net: GlobalUNet, x: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    return net.decode(net.encode(x), x, DENSE, g)


def test_an_untrained_network_is_the_identity():
    for size in ((1, 1), (3, 50), (33, 20)):
        x = picture(*size)
        assert torch.equal(small()(x, DENSE), x)


def test_features_halve_from_level_to_level_and_double_in_channels():
    net = small()
    assert net.size_multiple == 8
    shapes = [tuple(level.shape) for level in net.encode(picture(17, 30))]
    assert shapes == [(1, 4, 12, 16), (1, 8, 6, 8), (1, 16, 3, 4)]


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_any_depth_works(levels: int):
    net = shake(small(levels=levels))
    assert net.size_multiple == 2 ** (levels + 1)
    assert net(picture(5, 9), DENSE).shape == (1, 3, 5, 9)


def test_sites_run_from_coarse_to_fine_and_end_with_the_tail():
    assert list(small(blocks=2).sites().items()) == [
        ("level2_0", 16),
        ("level2_1", 16),
        ("level1_0", 8),
        ("level1_1", 8),
        ("level0_0", 4),
        ("level0_1", 4),
        (TAIL, 24),
    ]


def test_the_output_is_affine_in_the_image():
    net = small()
    with torch.no_grad():
        net.block(TAIL).bias[:12] = 0.5
        net.block(TAIL).bias[12:] = 0.1
    x = picture(7, 10)
    torch.testing.assert_close(net(x, DENSE), 1.5 * x + 0.1)


def test_the_descriptor_reaches_every_pixel():
    net, x = shake(small()), picture(32, 48)
    a, b = torch.randn(2, 1, 16, generator=torch.Generator().manual_seed(1))
    assert bool((decode(net, x, a) != decode(net, x, b)).any(1).all())


def test_without_modulation_the_descriptor_changes_nothing():
    net, x = shake(small()), picture(16, 16)
    for film in net.film:
        torch.nn.init.zeros_(film.weight)
        torch.nn.init.zeros_(film.bias)
    assert torch.equal(decode(net, x, torch.zeros(1, 16)), decode(net, x, torch.ones(1, 16)))


def test_edges_are_continued():
    net, pixel, g = shake(small()), picture(1, 1), torch.ones(1, 16)
    continued = decode(net, pixel.expand(-1, -1, 8, 8), g)
    torch.testing.assert_close(decode(net, pixel, g), continued[..., :1, :1])


def test_probes_are_averaged():
    net = shake(small())
    with torch.no_grad():
        overview, probes = (net.summarize(net.encode(x), x) for x in (picture(16, 16), picture(8, 24)))
        one = net.describe(overview, probes.unsqueeze(1))
        torch.testing.assert_close(net.describe(overview, probes.expand(5, -1).unsqueeze(0)), one)
        assert not torch.allclose(net.describe(probes, overview.unsqueeze(1)), one)


def test_convolutions_are_laid_out_channels_last():
    layout = torch.channels_last
    weights = [p for p in small().parameters() if p.dim() == 4]
    assert all(p.is_contiguous(memory_format=layout) for p in weights)
    assert small().encode(picture(16, 16))[0].is_contiguous(memory_format=layout)


def test_in_training_some_images_are_restored_without_their_context():
    backbone = shake(GlobalUNet(width=4, levels=1, blocks=1, descriptor_dim=16, context_dropout=0.5))
    x = torch.rand((16, 3, 8, 8), generator=torch.Generator().manual_seed(0))
    g = torch.rand((16, 16), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = backbone.eval().encode(x)
        known, unknown = (backbone.decode(features, x, Dense(), given) for given in (g, 0 * g))
        torch.manual_seed(0)
        trained = backbone.train().decode(features, x, Dense(), g)
    same = [
        (torch.allclose(one, two, atol=1e-6), torch.allclose(one, three, atol=1e-6))
        for one, two, three in zip(trained, known, unknown, strict=True)
    ]
    assert all(with_context != without for with_context, without in same)
    assert 0 < sum(without for _, without in same) < 16


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_of_dropped_contexts_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=rf"context_dropout must lie in \[0, 1\), got {share}"):
        GlobalUNet(context_dropout=share)


def test_fewer_blocks_than_none_are_refused():
    with pytest.raises(ValueError, match="blocks must be 0 or more, got -1"):
        GlobalUNet(blocks=-1)
