"""The contract: one value per image, 0 for equal images, finite gradients at any size."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.errors import DataError
from moei_toolkit.losses.base import Loss
from moei_toolkit.losses.direction import DirectionLoss
from moei_toolkit.losses.image import GradientLoss, L1Loss, SSIMLoss
from moei_toolkit.losses.snow_mask import SnowMaskLoss
from moei_toolkit.losses.task import HazeLoss, RainLoss, SnowLoss

LOSSES = [L1Loss, SSIMLoss, GradientLoss, DirectionLoss, SnowMaskLoss, RainLoss, HazeLoss, SnowLoss]


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("loss", [kind() for kind in LOSSES], ids=lambda loss: type(loss).__name__)
class TestEveryLoss:
    def test_judges_each_image_alone(self, loss: Loss):
        clean, restored = images(3, 3, 24, 20), images(3, 3, 24, 20, seed=1)
        degraded = (clean + 0.3 * (images(3, 1, 24, 20, seed=2) > 0.9)).clamp(0, 1)
        together = loss(restored, clean, degraded)
        alone = [loss(restored[i : i + 1], clean[i : i + 1], degraded[i : i + 1]) for i in range(3)]
        assert together.shape == (3,)
        torch.testing.assert_close(together, torch.cat(alone))
        assert (together > 0).all()

    def test_equal_images_give_zero_and_never_less(self, loss: Loss):
        clean = images(2, 3, 40, 33)
        value = loss(clean, clean, images(2, 3, 40, 33, seed=1))
        assert (value >= 0).all()
        torch.testing.assert_close(value, torch.zeros(2), atol=1e-6, rtol=0)

    @pytest.mark.parametrize("size", [(1, 1), (2, 3), (3, 50), (50, 1)])
    def test_any_size_has_finite_values_and_gradients(self, loss: Loss, size: tuple[int, int]):
        restored = images(2, 3, *size).requires_grad_()
        value = loss(restored, images(2, 3, *size, seed=1), images(2, 3, *size, seed=2))
        (gradient,) = torch.autograd.grad(value.sum(), restored)
        assert torch.isfinite(value).all()
        assert torch.isfinite(gradient).all()

    def test_constant_images_have_finite_gradients(self, loss: Loss):
        restored = torch.full((1, 3, 16, 16), 0.5, requires_grad=True)
        flat = torch.full((1, 3, 16, 16), 0.25)
        (gradient,) = torch.autograd.grad(loss(restored, flat, flat).sum(), restored)
        assert torch.isfinite(gradient).all()

    def test_lists_its_active_terms(self, loss: Loss):
        assert loss.terms
        assert all(weight > 0 for weight in loss.terms.values())

    def test_refuses_images_that_do_not_fit(self, loss: Loss):
        with pytest.raises(DataError, match=r"\(1, 3, 8, 8\).*\(1, 3, 8, 9\)"):
            loss(images(1, 3, 8, 8), images(1, 3, 8, 9), images(1, 3, 8, 9))
        with pytest.raises(DataError, match=r"\(B, 3, H, W\)"):
            loss(images(1, 1, 8, 8), images(1, 1, 8, 8), images(1, 1, 8, 8))

    def test_half_precision_is_computed_in_single(self, loss: Loss):
        batch = [images(1, 3, 32, 32, seed=seed).bfloat16() for seed in range(3)]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            value = loss(*batch)
        torch.testing.assert_close(value, loss(*(part.float() for part in batch)))
