"""Encoders of timm that give a pyramid work; others are refused in words."""

from __future__ import annotations

import pytest
import timm
import torch

from moei_toolkit.backbones.timm_encoder import TimmEncoder
from moei_toolkit.backbones.timm_unet import TimmUNet
from moei_toolkit.experts.dense import Dense
from moei_toolkit.testing import check_backbone
from moei_toolkit.testing.modules import require_gradients, shake

DENSE = Dense()
ENCODERS = {"resnet18": 2, "convnext_atto": 4, "efficientnet_b0": 2, "mambaout_femto": 4}


def small(encoder: str) -> TimmUNet:
    torch.manual_seed(0)
    return TimmUNet(encoder, blocks=1, descriptor_dim=16)


def picture(height: int, width: int) -> torch.Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "name", ["convnext_atto", "efficientnet_b0"]
)  # the default is checked with all others
def test_an_encoder_keeps_the_contract(name: str):
    check_backbone(lambda: small(name), sizes=[(17, 31)])


WINDOWS = {"swin_tiny_patch4_window7_224": (4, 64), "test_maxvit": (2, 160)}
"""Of encoders with attention in windows: stride of the finest level, and what images are padded to."""


@pytest.mark.parametrize(("name", "expected"), WINDOWS.items())
def test_attention_in_windows_takes_images_of_any_size(name: str, expected: tuple[int, int]):
    net, x = small(name).eval(), picture(17, 300)
    assert (net.encoder.stride, net.size_multiple) == expected
    with torch.no_grad():
        assert torch.equal(net(x, DENSE), x)
        coarsest, padded = net.encode(x)[-1], -(-300 // expected[1]) * expected[1]
        assert coarsest.shape == (1, net.encoder.channels[-1], expected[1] // 32, padded // 32)


@pytest.mark.parametrize(
    "name", [pytest.param("swin_tiny_patch4_window7_224", marks=pytest.mark.long), "test_maxvit"]
)
def test_attention_in_windows_keeps_the_contract(name: str):
    check_backbone(lambda: small(name), sizes=[(17, 31)])


def test_what_no_feature_depends_on_is_frozen():
    encoder = TimmEncoder("efficientvim_m1")
    frozen = [p for p in encoder.parameters() if not p.requires_grad]
    assert sum(p.numel() for p in frozen) == 4
    sum(level.sum() for level in encoder(picture(128, 128))).backward()
    require_gradients(encoder)
    assert all(p.grad is None for p in frozen)


@pytest.mark.parametrize(("name", "stride"), ENCODERS.items())
def test_features_are_what_timm_says(name: str, stride: int):
    encoder = TimmEncoder(name).eval()
    assert encoder.stride == stride
    said = timm.create_model(name, pretrained=False, features_only=True).feature_info
    side = encoder.size_multiple
    with torch.no_grad():
        found = [tuple(level.shape) for level in encoder(picture(side, 2 * side))]
    assert found == [
        (1, channels, side // reduction, 2 * side // reduction)
        for channels, reduction in zip(said.channels(), said.reduction(), strict=True)
    ]


@pytest.mark.parametrize("name", ["resnet18", "convnext_atto"])
def test_an_untrained_network_is_the_identity(name: str):
    x = picture(33, 20)
    assert torch.equal(small(name).eval()(x, DENSE), x)


def test_trying_the_encoder_leaves_it_untouched():
    torch.manual_seed(0)
    encoder = TimmEncoder("resnet18")
    torch.manual_seed(0)
    plain = timm.create_model("resnet18", pretrained=False, features_only=True)
    state, expected = encoder.net.state_dict(), plain.state_dict()
    assert all(torch.equal(state[name], value) for name, value in expected.items())
    assert all(module.training for module in encoder.modules())


def test_the_descriptor_reaches_every_pixel():
    net, x = shake(small("resnet18")).eval(), picture(40, 64)
    a, b = torch.randn(2, 1, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = net.encode(x)
        moved = net.decode(features, x, DENSE, a) != net.decode(features, x, DENSE, b)
    assert bool(moved.any(1).all())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet81", r"timm has no encoder 'resnet81'. Did you mean 'resnet"),
        ("qqqqqqqq", r"timm has no encoder 'qqqqqqqq'. timm.list_models\(\) names all"),
        ("hf-hub:someone/something", "timm has no encoder 'hf-hub:someone/something'"),
        ("vit_tiny_patch16_224", r"gives no pyramid: .*got \[16, 16, 16\]"),
        ("test_coatnet", "not take images of any size, padded to multiples of 160: RuntimeError The size"),
        ("botnet26t_256", "padded to multiples of 256: AssertionError"),
        ("rexnet_100", "padded to multiples of 224: ValueError Expected more than 1 value per channel"),
        ("legacy_xception", r"64x64 becomes \[\(1, 64, 29, 29\), .* where timm says \[\(1, 64, 32, 32\)"),
    ],
)
def test_what_cannot_be_an_encoder_is_refused(name: str, said: str):
    with pytest.raises(ValueError, match=said):
        TimmUNet(name)


def test_a_share_of_dropped_contexts_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"context_dropout must lie in \[0, 1\), got 1.0"):
        TimmUNet(context_dropout=1.0)


def test_fewer_blocks_than_none_are_refused():
    with pytest.raises(ValueError, match="blocks must be 0 or more, got -1"):
        TimmUNet("test_resnet", blocks=-1)
