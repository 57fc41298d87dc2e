"""Mixing kernels is mixing outputs, for every image on its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from moei_condconv.mixing import MixedConv2d
from torch import nn

from moei_toolkit.testing.modules import count_parameters, shake

CHANNELS = 3


def features(images: int = 3, rows: int = 5, columns: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn((images, CHANNELS, rows, columns), generator=generator)


def convolve(layer: MixedConv2d, z: torch.Tensor, kernel: int) -> torch.Tensor:
    weight = layer.kernels[kernel].view(CHANNELS, CHANNELS, layer.size, layer.size)
    return F.conv2d(z, weight, layer.biases[kernel], padding="same")


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("kernels", [1, 4])
def test_mixing_kernels_is_mixing_outputs(kernels, size):
    layer, z = shake(MixedConv2d(CHANNELS, kernels, size)), features()
    gates = layer.gates(z)
    outputs = sum(gates[:, i, None, None, None] * convolve(layer, z, i) for i in range(kernels))
    torch.testing.assert_close(layer(z), outputs)


def test_the_formula_place_by_place():
    layer, z = shake(MixedConv2d(CHANNELS, 2, 3)), features()
    got, padded = layer(z).detach().numpy(), np.pad(z.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)))
    matrices, biases = layer.kernels.detach().numpy(), layer.biases.detach().numpy()
    for b in range(3):
        means = np.array([z[b, c].numpy().mean() for c in range(CHANNELS)])
        gates = 1 / (1 + np.exp(-layer.route.weight.detach().numpy() @ means))
        kernel = sum(g * m for g, m in zip(gates, matrices, strict=True)).reshape(CHANNELS, CHANNELS, 3, 3)
        bias = sum(g * v for g, v in zip(gates, biases, strict=True))
        for i in range(5):
            for j in range(4):
                window = padded[b, :, i : i + 3, j : j + 3]
                expected = [(kernel[o] * window).sum() + bias[o] for o in range(CHANNELS)]
                np.testing.assert_allclose(got[b, :, i, j], expected, atol=1e-5)


def test_images_do_not_see_each_other():
    layer, z = shake(MixedConv2d(CHANNELS, 4, 3)), features()
    together = layer(z)
    torch.testing.assert_close(torch.cat([layer(image) for image in z.split(1)]), together)
    louder = torch.cat([z[:1], 50 * z[1:]])
    torch.testing.assert_close(layer(louder)[:1], together[:1])
    assert (layer(louder)[1] / 50 - together[1]).abs().max().item() > 1e-3  # its gates are others


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_memory_formats_do_not_matter(layout):
    layer = shake(MixedConv2d(CHANNELS, 4, 3)).to(memory_format=layout)
    for images in (1, 3):
        z = features(images)
        torch.testing.assert_close(layer(z.contiguous(memory_format=layout)), layer(z))


def test_a_batch_takes_one_convolution(monkeypatch):
    calls = []
    real = F.conv2d
    monkeypatch.setattr(F, "conv2d", lambda *args, **options: calls.append(options) or real(*args, **options))
    MixedConv2d(CHANNELS, 8, 3)(features())
    assert [options["groups"] for options in calls] == [3]


def test_kernels_start_differently_and_as_large_as_those_of_a_convolution():
    torch.manual_seed(0)
    layer, plain = MixedConv2d(32, 4, 3), nn.Conv2d(32, 32, 3)
    assert layer.kernels.std().item() == pytest.approx(plain.weight.std().item(), rel=0.05)
    assert not torch.equal(layer.kernels[0], layer.kernels[1])


def test_parameters():
    n, c = 4, CHANNELS
    assert count_parameters(MixedConv2d(c, n, 3)) == n * (9 * c * c + c + c)
