"""The three views are what their formulas say, written once more in another way."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch
from moei_adaptir.adaptation import Adaptation
from moei_adaptir.channel import ChannelScore
from moei_adaptir.local import LowRankDepthwise
from moei_adaptir.spectral import SpectralAffine

from moei_toolkit.testing.modules import count_parameters, shake

SIZES = [(1, 1), (1, 6), (5, 1), (4, 6), (5, 7), (6, 5)]


def features(channels: int, rows: int, columns: int, images: int = 2) -> torch.Tensor:
    return torch.randn((images, channels, rows, columns), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_spectrum_as_it_is_gives_absolute_values_of_any_size(rows, columns):
    z = features(3, rows, columns)
    torch.testing.assert_close(SpectralAffine(3)(z), z.abs(), atol=1e-6, rtol=1e-5)


def change(value: complex, scale: float, shift: float, turn: float, add: float) -> complex:
    """Change magnitude and phase of one frequency."""
    certain = abs(value) / math.hypot(abs(value), 0.25)
    angle = cmath.phase(value)
    magnitude = scale * abs(value) + certain * shift
    return cmath.rect(magnitude, angle + certain * (turn - 1) * math.sin(angle) + add)


def whole_spectrum_by_hand(z: np.ndarray, *values: float) -> np.ndarray:
    """Change a whole spectrum, the second half of which mirrors the first."""
    rows, columns = z.shape
    spectrum = np.fft.fft2(z, norm="ortho")
    changed = np.zeros_like(spectrum)
    for u in range(rows):
        for v in range(columns):
            mirrored = v > columns // 2
            value = change(complex(spectrum[-u, -v] if mirrored else spectrum[u, v]), *values)
            changed[u, v] = value.conjugate() if mirrored else value
    own = [0, columns // 2] if columns % 2 == 0 else [0]  # columns that mirror themselves, bottom to top
    for v in own:
        flipped = np.roll(changed[::-1, v], 1).conj()
        changed[:, v] = (changed[:, v] + flipped) / 2
    image = np.fft.ifft2(changed, norm="ortho")
    np.testing.assert_allclose(image.imag, 0, atol=1e-9)
    return np.abs(image.real)


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_magnitude_and_phase_change_by_channel(rows, columns):
    branch = shake(SpectralAffine(2))
    z = features(2, rows, columns)
    got = branch(z).detach().numpy()
    values = [p.detach().flatten().tolist() for p in branch.parameters()]
    for b in range(2):
        for c in range(2):
            expected = whole_spectrum_by_hand(z[b, c].double().numpy(), *(value[c] for value in values))
            np.testing.assert_allclose(got[b, c], expected, atol=2e-5)


def test_the_spectrum_of_what_is_flat_has_a_finite_gradient():
    branch = shake(SpectralAffine(2))
    for value in (0.0, 0.3):
        z = torch.full((1, 2, 6, 7), value, requires_grad=True)
        branch(z).sum().backward()
        assert torch.isfinite(z.grad).all()
    assert all(bool(torch.isfinite(p.grad).all()) for p in branch.parameters())


def test_small_angles_are_scaled_and_shifted_as_in_the_paper():
    branch = shake(SpectralAffine(1))
    scale, shift, turn, add = (float(p.detach()) for p in branch.parameters())
    changed = branch.change(torch.polar(torch.tensor([[[100.0]]]), torch.tensor([[[0.01]]])))
    assert float(changed.abs().detach()) == pytest.approx(scale * 100 + shift, rel=1e-5)
    assert float(changed.angle().detach()) == pytest.approx(turn * 0.01 + add, abs=1e-5)


@pytest.mark.parametrize("magnitude", [1e-6, 1e-2, 2.0])
def test_neighbours_stay_neighbours_all_around_the_circle(magnitude):
    branch = shake(SpectralAffine(1))
    angles = torch.linspace(-math.pi, math.pi, 25, dtype=torch.float64)
    points = [torch.polar(torch.tensor(magnitude).double(), angles + add) for add in (-1e-4, 1e-4)]
    before = (points[0] - points[1]).abs()
    after = (branch.change(points[0]) - branch.change(points[1])).abs()
    assert (after < 5 * before).all()


def test_a_frequency_of_almost_nothing_has_no_direction():
    branch = shake(SpectralAffine(1))
    assert (branch.change(torch.tensor([1e-6, -1e-6, 1e-6j])).abs() < 1e-5).all()


def test_one_place_changes_the_whole_image():
    branch, z = shake(SpectralAffine(1)), features(1, 8, 8, images=1)
    other = z.clone()
    other[0, 0, 0, 0] += 1
    changed = (branch(other) - branch(z)).abs()
    assert changed[0, 0, 4:, 4:].max() > 1e-3


def test_the_local_kernels_are_of_low_rank():
    branch = shake(LowRankDepthwise(5, 2))
    kernels = torch.stack([branch.a[c] @ branch.b for c in range(5)]).detach()
    assert torch.linalg.matrix_rank(kernels) == 2
    assert count_parameters(branch) == 5 * 2 + 2 * 9 + 5
    z = features(5, 4, 6)
    got = branch(z).detach().numpy()
    padded = np.pad(z.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)))
    for c in range(5):
        kernel, bias = kernels[c].view(3, 3).numpy(), float(branch.bias[c].detach())
        for i in range(4):
            for j in range(6):
                expected = (padded[:, c, i : i + 3, j : j + 3] * kernel).sum((1, 2)) + bias
                np.testing.assert_allclose(got[:, c, i, j], expected, atol=1e-5)


def test_the_channel_score_pools_by_attention():
    branch, z = shake(ChannelScore(4)), features(4, 3, 5)
    got = branch(z).detach()
    for b in range(2):
        attention = torch.exp(torch.tensordot(branch.attention.weight[0, :, 0, 0], z[b], 1))
        pooled = torch.stack([(z[b, c] * attention).sum() for c in range(4)]) / attention.sum()
        first, _, second = branch.mlp
        hidden = first.weight @ pooled + first.bias
        hidden = hidden * (1 + torch.erf(hidden / math.sqrt(2))) / 2
        expected = second.weight @ hidden + second.bias
        torch.testing.assert_close(got[b, :, 0, 0], expected.detach())


def test_they_are_combined_as_the_paper_says():
    net, x = shake(Adaptation(8, 4)), features(8, 5, 7)
    reduced = torch.einsum("oc,bchw->bohw", net.reduce.weight[:, :, 0, 0], x) + net.reduce.bias[:, None, None]
    mean = reduced.mean((1, 2, 3), keepdim=True)
    deviation = (reduced.var((1, 2, 3), correction=0, keepdim=True) + net.norm.eps).sqrt()
    z = (reduced - mean) / deviation * net.norm.weight[:, None, None] + net.norm.bias[:, None, None]
    local, whole, channel = net.local(z), net.whole(z), net.channel(z)
    _, narrow, gelu, wide = net.by_channel
    of_channel = torch.sigmoid(wide(gelu(narrow(whole.mean((2, 3), keepdim=True)))))
    of_place = torch.sigmoid(net.by_place(local))
    assert of_channel.shape == (2, 4, 1, 1)
    assert of_place.shape == (2, 1, 5, 7)
    inner = (of_channel * local + of_place * whole) * channel
    expected = torch.einsum("oc,bchw->bohw", net.expand.weight[:, :, 0, 0], inner)
    torch.testing.assert_close(net(x), expected)


def test_it_starts_with_even_weights_and_adds_nothing():
    net, x = Adaptation(8, 4), features(8, 5, 7)
    assert not net(x).any()
    assert torch.equal(net.by_channel(x[:, :4]).sigmoid(), torch.full((2, 4, 1, 1), 0.5))
    assert torch.equal(net.by_place(x[:, :4]).sigmoid(), torch.full((2, 1, 5, 7), 0.5))


def test_an_image_is_normalised_by_itself_in_training_too():
    net, x = shake(Adaptation(8, 4)).train(), features(8, 5, 7)
    louder = torch.cat([x[:1], 100 * x[1:] + 3])
    torch.testing.assert_close(net(louder)[:1], net(x)[:1])
    assert not any("running" in name for name in net.state_dict())


def test_it_is_the_public_code_in_size_but_for_a_bias_that_a_softmax_ignores():
    assert count_parameters(Adaptation(180, 180 // 14)) == 4817 - 1
