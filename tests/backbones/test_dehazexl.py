"""DehazeXL has the public configuration's numbers, and gives the same for any shape at any time."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from moei_toolkit.backbones.dehazexl import DehazeXL
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.dense import Dense
from moei_toolkit.experts.lora import LoRA
from moei_toolkit.inference.flops import counting_operations
from moei_toolkit.testing.modules import count_parameters, shake

DENSE = Dense()


def tiny(**options: object) -> DehazeXL:
    torch.manual_seed(0)
    small = {"width": 32, "depths": (1, 1, 1, 1), "mixer_blocks": 1, "region": 64, "descriptor_dim": 16}
    return DehazeXL(**{**small, **options}).eval()


def picture(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def published() -> DehazeXL:
    """In its full size, without any memory for it."""
    with torch.device("meta"):
        return DehazeXL().eval()


def test_parameters_are_those_of_the_public_configuration(published: DehazeXL):
    encoder, mixer = count_parameters(published.encoder), count_parameters(published.mixer)
    decoder = count_parameters(published.decoder) + count_parameters(published.up)
    assert (encoder, mixer, decoder) == (27_576_618, 19_474_176, 78_434_202)
    assert encoder + mixer + decoder == 125_484_996
    assert count_parameters(published.descriptor) == 2_268_480
    described = count_parameters(published.descriptor) + count_parameters(published.context)
    assert count_parameters(published) == 125_484_996 + described


@pytest.mark.parametrize(("side", "published_gmacs"), [(256, 23.4), (512, 93.7)])
def test_so_are_its_operations(published: DehazeXL, side: int, published_gmacs: float):
    x, g = torch.empty(1, 3, side, side, device="meta"), torch.empty(1, 1024, device="meta")
    with torch.no_grad(), counting_operations() as counter:
        published.decode(published.encode(x), x, DENSE, g)
    assert counter.get_total_flops() / 2e9 == pytest.approx(published_gmacs, abs=0.06)


def test_sites_are_the_blocks_of_the_decoder_and_the_tail(published: DehazeXL):
    assert list(published.sites().values()) == [1536, 1536, 768, 768, 384, 384, 192, 192, 3]


@pytest.mark.parametrize(("reduction", "blocks"), [(1 / 32, 399_420), (1 / 16, 793_080)])
def test_adapters_of_the_decoder_have_as_many_parameters_as_was_computed(published, reduction, blocks):
    adapters = Adapter(published, reduction, top_blocks=1).adapters
    assert sum(map(count_parameters, adapters.values())) == blocks


def test_experts_stay_within_three_percent(published: DehazeXL):
    for expert in (LoRA(published), Adapter(published, top_blocks=3)):
        assert 0 < count_parameters(expert) <= 0.03 * count_parameters(published)


@pytest.mark.parametrize("size", [(1, 1), (31, 70), (128, 64), (70, 65)])
def test_an_untrained_network_is_the_identity(size: tuple[int, int]):
    x = picture(*size)
    assert torch.equal(tiny()(x, DENSE), x)


def test_features_lie_at_strides_4_to_32_of_whole_regions():
    shapes = [tuple(level.shape[1:]) for level in tiny().encode(picture(70, 130))]
    assert shapes == [(32, 32, 48), (64, 16, 24), (128, 8, 12), (256, 4, 6), (256, 4, 6)]


def test_two_copies_and_two_calls_give_the_same():
    first = shake(tiny())
    second = tiny()
    second.load_state_dict(first.state_dict())
    x = picture(70, 60)
    with torch.no_grad():
        restored = first(x, DENSE)
        assert torch.equal(first(x, DENSE), restored)
        assert torch.equal(second(x, DENSE), restored)


def test_more_places_than_the_public_one_can_attend_to_exactly():
    net, places = shake(tiny()), picture(50, 82)[:, :1].expand(-1, 256, -1, -1)
    with torch.no_grad():
        mixed = net.mixer(places)
        assert torch.equal(net.mixer(places), mixed)
    assert mixed.shape == (1, 256, 50, 82)


def test_what_one_region_shows_reaches_all_others_through_the_middle_only():
    net, x = shake(tiny()), picture(64, 192)
    changed = x.clone()
    changed[..., :64] = picture(64, 64, seed=1)
    with torch.no_grad():
        *stages, mixed = net.encode(x)
        *changed_stages, changed_mixed = net.encode(changed)
    for level, other in zip(stages, changed_stages, strict=True):
        cells = level.shape[-1] // 3
        torch.testing.assert_close(level[..., cells:], other[..., cells:])
        assert not torch.allclose(level[..., :cells], other[..., :cells])
    assert (mixed != changed_mixed).any(1).all()


def test_the_descriptor_reaches_every_pixel():
    net, x = shake(tiny()), picture(40, 64)
    a, b = torch.randn(2, 1, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = net.encode(x)
        moved = net.decode(features, x, DENSE, a) != net.decode(features, x, DENSE, b)
    assert bool(moved.any(1).all())


def test_overview_and_probes_count_in_equal_parts():
    net = shake(tiny())
    summaries = [torch.full((1, net.descriptor[1].in_features), value) for value in (0.0, 1.0, 2.0, 3.0)]
    summaries = [s * torch.linspace(-1, 1, s.shape[1]) for s in summaries]
    with torch.no_grad():
        found = net.describe(summaries[0], torch.stack(summaries[1::2], 1))
        torch.testing.assert_close(found, net.descriptor(summaries[1]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width": 40}, "width must be a multiple of 32.* got 40"),
        ({"region": 96}, "region must be a multiple of 64 pixels, got 96"),
        ({"region": 0}, "got 0"),
        ({"depths": (2, 2, 2)}, r"depths must be 4 numbers above 0, got \(2, 2, 2\)"),
        ({"depths": (2, 2, 0, 2)}, "got"),
        ({"mixer_blocks": -1}, "mixer_blocks must be 0 or more, got -1"),
        ({"context_dropout": 1.0}, r"context_dropout must lie in \[0, 1\), got 1.0"),
    ],
)
def test_impossible_options_are_refused(options, said):
    with pytest.raises(ValueError, match=said):
        tiny(**options)


def test_timm_is_imported_when_a_network_is_built_and_not_before():
    names = ", ".join(f"moei_toolkit.backbones.{name}" for name in ("dehazexl", "timm_unet"))
    code = f"import sys, {names}; print('timm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
