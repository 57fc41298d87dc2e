"""Summaries of features and images equal their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import minimum_filter, uniform_filter

from moei_toolkit.backbones.statistics import (
    IMAGE_STATISTICS,
    image_statistics,
    moments,
    summarize_scales,
)


def picture(height: int = 20, width: int = 31) -> torch.Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(0))


def test_moments_are_mean_and_log_deviation_per_channel():
    maps = torch.rand((2, 5, 7, 9), generator=torch.Generator().manual_seed(0))
    values = maps.numpy().reshape(2, 5, -1).astype(np.float64)
    expected = np.concatenate([values.mean(2), np.log(np.sqrt(values.var(2) + 1e-6))], axis=1)
    np.testing.assert_allclose(moments(maps).numpy(), expected, rtol=1e-5, atol=1e-6)


def test_doubled_contrast_is_the_same_step_everywhere():
    maps = torch.rand((1, 1, 30, 30), generator=torch.Generator().manual_seed(0))
    steps = [(moments(2 * k * maps) - moments(k * maps))[0, 1].item() for k in (1, 10)]
    assert steps == pytest.approx([np.log(2), np.log(2)], abs=1e-4)


def test_the_first_maps_are_dark_channel_maximum_luminance_and_saturation():
    x = picture()
    pixels = x[0].numpy()
    low, high = pixels.min(0), pixels.max(0)
    maps = [minimum_filter(low, 7, mode="constant", cval=np.inf), high, pixels.mean(0), high - low]
    np.testing.assert_allclose(image_statistics(x)[0, :4], [plane.mean() for plane in maps], rtol=1e-5)
    spreads = [np.log(np.sqrt(plane.var() + 1e-6)) for plane in maps]
    np.testing.assert_allclose(image_statistics(x)[0, 4:8], spreads, rtol=1e-4)


def test_excess_over_and_under_a_horizontal_window():
    x = picture()
    luma = x[0].mean(0).numpy().astype(np.float64)
    detail = luma - uniform_filter(luma, (1, 5), mode="nearest")
    above, below = np.maximum(detail, 0).mean(), np.maximum(-detail, 0).mean()
    found = image_statistics(x)[0, 8:10].numpy()
    np.testing.assert_allclose(found, np.log([above + 1e-4, below + 1e-4]), rtol=1e-4)


def test_the_last_say_where_the_dark_channel_lies():
    x = picture(24, 31)
    x[..., :6, :] = 0.5 + x[..., :6, :] / 2
    dark = minimum_filter(x[0].numpy().min(0), 7, mode="constant", cval=np.inf)
    quantiles = np.quantile(dark[::3, ::3], (0.05, 0.25, 0.5, 0.75, 0.95), method="nearest")
    found = image_statistics(x)[0, 24:].numpy()
    np.testing.assert_allclose(found[:5], quantiles, rtol=1e-6)
    bands = dark.reshape(4, -1).astype(np.float64)
    np.testing.assert_allclose(found[5:9], bands.mean(1), rtol=1e-5)
    np.testing.assert_allclose(found[9:], np.log(np.sqrt(bands.var(1) + 1e-6)), rtol=1e-3)
    assert found[5] > found[6]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 50), (200, 2)])
def test_any_size_and_any_flat_image_has_finite_statistics(size: tuple[int, int]):
    flat = torch.zeros(1, 3, *size)
    for x in (picture(*size), flat, flat + 1):
        assert image_statistics(x).shape == (1, IMAGE_STATISTICS)
        assert bool(torch.isfinite(image_statistics(x)).all())


def test_half_precision_images_are_measured_in_single():
    assert image_statistics(picture().bfloat16()).dtype == torch.float32


def test_features_are_read_and_not_trained_by_their_statistics():
    x = picture().requires_grad_()
    features = [torch.rand((1, 4, 8, 8), requires_grad=True)]
    summarize_scales(features, x).sum().backward()
    assert features[0].grad is None
    assert x.grad is not None
