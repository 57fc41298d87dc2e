"""Learned textures: how much of a picture shows each."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.backbones.textures import Textures
from moei_toolkit.registry import BACKBONES
from moei_toolkit.testing import check_backbone


def seeing_all_of(count: int, channels: int) -> Textures:
    """Return textures whose answer is the channel itself where it is above 0."""
    textures = Textures([channels], count)
    with torch.no_grad():
        for layer in (textures.scales[0][0], textures.scales[0][2]):
            layer.weight.copy_(torch.eye(count, layer.in_channels)[..., None, None])
            layer.bias.zero_()
    return textures


def test_a_few_strong_spots_are_told_from_many_weak_ones_of_equal_deviation():
    spots, edges = torch.zeros(2, 1, 1, 8, 8).unbind()
    spots[..., 0, 0] = 1.0
    edges[..., ::2, :] = 1.0
    spots, edges = ((x - x.mean()) / x.std(unbiased=False) for x in (spots, edges))
    textures = seeing_all_of(1, 1)
    with torch.no_grad():
        textures.scales[0][0].bias.fill_(-2.0)  # answers what lies two deviations above the mean
        answers = [textures([x]).item() for x in (spots, edges)]
    assert answers == [pytest.approx((spots.max().item() - 2) / 64, rel=1e-5), 0.0]


def test_features_that_grow_look_the_same():
    x = torch.rand((2, 3, 4, 6), generator=torch.Generator().manual_seed(0))
    textures = Textures([3], 4)
    torch.testing.assert_close(textures([100 * x]), textures([x]))


def test_answers_are_means_over_positions_and_follow_scale_by_scale():
    levels = [torch.rand((2, 3, 4, 6), generator=torch.Generator().manual_seed(seed)) for seed in (0, 1)]
    textures = Textures([3, 3], 5)
    answers = textures(levels)
    assert answers.shape == (2, textures.length) == (2, 10)
    for scale, level, mine in zip(textures.scales, levels, answers.split(5, 1), strict=True):
        relative = level / level.square().mean((1, 2, 3), keepdim=True).sqrt()
        torch.testing.assert_close(mine, scale(relative).mean((2, 3)))


def test_where_a_texture_lies_does_not_matter():
    x = torch.rand((1, 3, 4, 6), generator=torch.Generator().manual_seed(0))
    textures = Textures([3], 4)
    torch.testing.assert_close(textures([x.roll((1, 2), (2, 3))]), textures([x]))


def test_they_are_trained_and_the_features_are_not():
    features = [torch.rand((1, 3, 4, 4), requires_grad=True)]
    textures = Textures([3], 4)
    textures(features).sum().backward()
    assert features[0].grad is None
    assert textures.scales[0][2].bias.grad.abs().sum() > 0


def test_half_precision_features_are_averaged_in_single():
    ones = torch.ones((1, 1, 300, 300), dtype=torch.bfloat16)
    textures = seeing_all_of(1, 1).bfloat16()
    assert textures([ones]).dtype == torch.float32
    assert textures([ones]).item() == 1.0


def test_none_at_all_weigh_nothing():
    textures = Textures([3, 6], 0)
    assert textures.state_dict() == {}
    assert textures([torch.rand(2, 3, 4, 4), torch.rand(2, 6, 2, 2)]).shape == (2, 0)


def test_fewer_than_none_are_refused():
    with pytest.raises(ValueError, match="textures must be >= 0, got -1"):
        GlobalUNet(textures=-1)


def test_the_descriptor_feels_them():
    torch.manual_seed(0)
    net = GlobalUNet(width=4, levels=1, blocks=1, descriptor_dim=16, textures=3).eval()
    x = torch.rand((1, 3, 16, 16), generator=torch.Generator().manual_seed(0))

    def g() -> torch.Tensor:
        with torch.no_grad():
            summary = net.summarize(net.encode(x), x)
            return net.describe(summary, summary.unsqueeze(1))

    before = g()
    with torch.no_grad():
        net.descriptor.textures.scales[0][2].bias += 1
    assert not torch.allclose(g(), before, atol=1e-3)


def test_the_descriptor_takes_them_as_they_are():
    torch.manual_seed(0)
    net = GlobalUNet(width=4, levels=1, blocks=1, descriptor_dim=16, textures=3).train()
    seen = []
    net.descriptor.head.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    known = net.descriptor.standardize.mean.numel() // 2
    summary = torch.rand((2, known + 6), generator=torch.Generator().manual_seed(0))
    net.describe(summary, torch.stack([summary, 2 * summary], 1))
    shown = summary[:, known:]
    torch.testing.assert_close(seen[0][:, 2 * known :], torch.cat([shown, 1.5 * shown], 1))


@pytest.mark.parametrize(
    "options",
    [{"type": "global_unet", "width": 8}, {"type": "timm_unet", "encoder": "resnet10t", "blocks": 1}],
)
def test_backbones_keep_their_contract(options: dict[str, object]):
    check_backbone(lambda: BACKBONES.build({**options, "textures": 4}))
