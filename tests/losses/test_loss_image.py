"""L1, SSIM and gradient losses against independent implementations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.metrics import structural_similarity

from moei_toolkit.errors import ConfigError
from moei_toolkit.losses.filters import luminance
from moei_toolkit.losses.image import GradientLoss, L1Loss, SSIMLoss


def noisy_pair(*size: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand((2, 3, *size), generator=generator)
    return (clean + 0.2 * torch.rand(clean.shape, generator=generator)).clamp(0, 1), clean


def reference_ssim(restored: np.ndarray, clean: np.ndarray, **options: object) -> float:
    return structural_similarity(
        restored, clean, gaussian_weights=True, use_sample_covariance=False, data_range=1.0, **options
    )


def test_l1_is_the_mean_absolute_difference():
    clean = torch.zeros(2, 3, 2, 2)
    restored = clean.clone()
    restored[1, 0] = -0.3
    torch.testing.assert_close(L1Loss()(restored, clean, clean), torch.tensor([0.0, 0.1]))


@pytest.mark.parametrize("size", [(11, 11), (16, 37), (130, 64)])
def test_rgb_ssim_equals_scikit_image(size: tuple[int, int]):
    restored, clean = noisy_pair(*size)
    value = SSIMLoss("rgb")(restored, clean, clean)
    images = zip(restored.numpy(), clean.numpy(), strict=True)
    expected = [1 - reference_ssim(*pair, channel_axis=0) for pair in images]
    np.testing.assert_allclose(value, expected, atol=1e-5)


def test_luminance_ssim_equals_scikit_image_on_the_luma():
    restored, clean = noisy_pair(40, 50)
    value = SSIMLoss()(restored, clean, clean)
    lumas = zip(luminance(restored)[:, 0].numpy(), luminance(clean)[:, 0].numpy(), strict=True)
    expected = [1 - reference_ssim(*pair) for pair in lumas]
    np.testing.assert_allclose(value, expected, atol=1e-5)


def test_ssim_shrinks_its_window_on_small_images():
    restored, clean = noisy_pair(7, 7)
    value = SSIMLoss("rgb")(restored, clean, clean)
    weights = np.exp(-0.5 * (np.arange(-3, 4) / 1.5) ** 2)
    window = np.outer(weights, weights) / weights.sum() ** 2
    r, c = restored.double().numpy(), clean.double().numpy()
    mean_r, mean_c = (window * r).sum((2, 3)), (window * c).sum((2, 3))
    var_r, var_c = (window * r * r).sum((2, 3)) - mean_r**2, (window * c * c).sum((2, 3)) - mean_c**2
    covariance = (window * r * c).sum((2, 3)) - mean_r * mean_c
    index = (2 * mean_r * mean_c + 1e-4) / (mean_r**2 + mean_c**2 + 1e-4)
    index *= (2 * covariance + 9e-4) / (var_r + var_c + 9e-4)
    np.testing.assert_allclose(value, 1 - index.mean(1), atol=1e-5)


def test_ssim_refuses_an_unknown_color():
    with pytest.raises(ConfigError, match="lab"):
        SSIMLoss("lab")  # type: ignore[arg-type]


def test_gradient_equals_sobel_differences_of_the_luma():
    restored, clean = noisy_pair(12, 9)
    difference = (luminance(restored) - luminance(clean))[:, 0].numpy()
    expected = [
        sum(np.abs(ndimage.sobel(plane, axis, mode="nearest") / 8).mean() for axis in (0, 1))
        for plane in difference
    ]
    np.testing.assert_allclose(GradientLoss()(restored, clean, clean), expected, rtol=1e-5)


def test_gradient_of_a_ramp_is_its_slope():
    ramp = torch.linspace(0, 1, 11).expand(1, 3, 11, 11)
    inner = GradientLoss()(ramp, torch.zeros_like(ramp), ramp)
    torch.testing.assert_close(inner, torch.tensor([0.1 * (9 + 2 * 0.5) / 11]))
