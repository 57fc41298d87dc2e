"""The root of the squared error, alone and as the pixel distance of a task."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from moei_toolkit.errors import ConfigError
from moei_toolkit.losses.image import L1Loss, RMSELoss, SSIMLoss
from moei_toolkit.losses.snow_mask import SnowMaskLoss
from moei_toolkit.losses.task import HazeLoss, RainLoss, SnowLoss


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    restored, clean, degraded = torch.rand((3, 2, 3, 24, 40), generator=generator)
    return restored, clean, degraded


def test_it_is_the_root_mean_square_of_each_image(batch):
    restored, clean, _ = (view.double().numpy() for view in batch)
    expected = [np.sqrt(((r - c) ** 2).mean() + 0.01**2) - 0.01 for r, c in zip(restored, clean, strict=True)]
    np.testing.assert_allclose(RMSELoss()(*batch), expected, rtol=1e-6)


def test_equal_images_give_zero_and_a_finite_slope(batch):
    restored = batch[1].clone().requires_grad_()
    loss = RMSELoss()(restored, batch[1], batch[2])
    loss.sum().backward()
    assert loss.tolist() == [0, 0]
    assert torch.isfinite(restored.grad).all()


def test_a_sparse_error_pulls_where_l1_rests():
    """One pixel in ten is off by 1; a network that can only shift all pixels should be told to."""
    clean = torch.zeros(1, 3, 10, 10)
    clean[..., 0] = 1
    slopes = []
    for loss in (L1Loss(), RMSELoss()):
        shift = torch.tensor(0.05, requires_grad=True)
        loss(torch.zeros_like(clean) + shift, clean, clean).sum().backward()
        slopes.append(float(shift.grad))
    assert slopes[0] > 0  # l1: back to leaving everything alone
    assert slopes[1] < 0  # squared: towards the mean


def test_tasks_take_it_as_their_pixel_distance(batch):
    rmse = RMSELoss()(*batch)
    torch.testing.assert_close(HazeLoss(pixel="rmse")(*batch), rmse + 0.05 * SSIMLoss()(*batch))
    torch.testing.assert_close(SnowLoss(pixel="rmse")(*batch), rmse + 0.1 * SnowMaskLoss()(*batch))
    torch.testing.assert_close(
        RainLoss(pixel="rmse")(*batch) - rmse, RainLoss()(*batch) - L1Loss()(*batch), atol=1e-6, rtol=1e-5
    )
    assert RainLoss(pixel="rmse").terms == {"rmse": 1.0, "gradient": 0.05, "direction": 0.02}


@pytest.mark.parametrize("loss", [RainLoss, HazeLoss, SnowLoss])
def test_an_unknown_distance_is_refused(loss):
    with pytest.raises(ConfigError, match="Did you mean 'rmse'"):
        loss(pixel="rms")


def test_a_floor_must_be_positive():
    with pytest.raises(ConfigError, match="floor"):
        RMSELoss(floor=0)
