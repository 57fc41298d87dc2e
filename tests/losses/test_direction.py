"""The direction loss: its stated properties and a slow, independent computation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from moei_toolkit.losses.direction import DirectionLoss

LOSS = DirectionLoss()


def stripes(degrees: float, size: int = 64, contrast: float = 0.5) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    angle = torch.tensor(degrees).deg2rad()
    wave = torch.sin(0.7 * (x * angle.cos() + y * angle.sin()))
    return (0.5 + 0.5 * contrast * wave).expand(1, 3, size, size)


def value(restored: torch.Tensor, clean: torch.Tensor) -> float:
    return LOSS(restored, clean, clean).item()


def reference(restored: np.ndarray, clean: np.ndarray) -> float:
    def tensor(plane: np.ndarray) -> np.ndarray:
        gy, gx = (ndimage.sobel(plane, axis, mode="nearest") / 8 for axis in (0, 1))
        blur = {"sigma": 2, "mode": "constant", "truncate": 3.0}
        weight = ndimage.gaussian_filter(np.ones_like(plane), **blur)
        maps = (gx * gx - gy * gy, 2 * gx * gy, gx * gx + gy * gy)
        return np.array([(ndimage.gaussian_filter(part, **blur) / weight)[::2, ::2] for part in maps])

    (a1, a2, e_a), (b1, b2, e_b) = tensor(restored), tensor(clean)
    cosine = (a1 * b1 + a2 * b2 + 1e-12) / np.sqrt((a1**2 + a2**2 + 1e-12) * (b1**2 + b2**2 + 1e-12))
    weight = np.maximum(e_a, e_b)
    return float((weight * (1 - cosine)).sum() / (weight.sum() + 1e-6))


def test_equals_a_slow_computation():
    generator = np.random.default_rng(0)
    restored, clean = ndimage.gaussian_filter(generator.random((2, 37, 50)), (0, 1, 1))
    as_images = [torch.tensor(plane).expand(1, 3, 37, 50) for plane in (restored, clean)]
    assert value(*as_images) == pytest.approx(reference(restored, clean), rel=1e-4)


def test_is_0_for_equal_images_even_of_low_contrast():
    for contrast in (0.5, 0.02, 0.004):
        image = stripes(30, contrast=contrast)
        assert value(image, image) == pytest.approx(0, abs=1e-5)


def test_is_2_for_stripes_turned_by_90_degrees():
    assert value(stripes(0), stripes(90)) == pytest.approx(2, abs=0.02)
    assert value(stripes(30), stripes(120)) == pytest.approx(2, abs=0.02)


def test_streaks_at_theta_and_theta_plus_180_degrees_agree():
    assert value(stripes(20), stripes(200)) == pytest.approx(0, abs=1e-3)
    assert value(stripes(20), 1 - stripes(20)) == pytest.approx(0, abs=1e-3)


def test_depends_on_twice_the_angle():
    assert value(stripes(0), stripes(45)) == pytest.approx(1, abs=0.03)


def test_is_unchanged_by_gain_and_offset():
    noise = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    plain = value(stripes(10), noise)
    assert value(0.3 * stripes(10) + 0.2, noise) == pytest.approx(plain, rel=0.3)
    both = value(0.5 * stripes(10) + 0.2, 0.5 * noise + 0.1)
    assert both == pytest.approx(plain, rel=1e-3)


def test_streaks_left_on_a_flat_sky_are_seen():
    assert value(stripes(80, contrast=0.1), torch.full((1, 3, 64, 64), 0.5)) > 0.9


def test_training_turns_stripes_towards_the_clean_direction():
    restored = (stripes(40) + 0.0).requires_grad_()
    loss = LOSS(restored, stripes(0), restored).sum()
    (gradient,) = torch.autograd.grad(loss, restored)
    stepped = restored - 20 * gradient
    assert value(stepped.detach(), stripes(0)) < loss.item()
