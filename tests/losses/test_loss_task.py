"""The task losses are the stated sums, and say what is in them."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.errors import ConfigError, WeightsMissingError
from moei_toolkit.losses.direction import DirectionLoss
from moei_toolkit.losses.image import GradientLoss, L1Loss, SSIMLoss
from moei_toolkit.losses.snow_mask import SnowMaskLoss
from moei_toolkit.losses.task import HazeLoss, RainLoss, SnowLoss


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand((2, 3, 32, 40), generator=generator)
    restored = torch.rand((2, 3, 32, 40), generator=generator)
    return restored, clean, (clean + (torch.rand((2, 1, 32, 40), generator=generator) > 0.95)).clamp(0, 1)


def test_rain_is_l1_gradient_and_direction(batch):
    expected = L1Loss()(*batch) + 0.05 * GradientLoss()(*batch) + 0.02 * DirectionLoss()(*batch)
    torch.testing.assert_close(RainLoss()(*batch), expected)
    assert RainLoss().terms == {"l1": 1.0, "gradient": 0.05, "direction": 0.02}
    assert not torch.allclose(RainLoss(direction=0.5)(*batch), expected)


def test_haze_is_l1_and_ssim(batch):
    torch.testing.assert_close(HazeLoss()(*batch), L1Loss()(*batch) + 0.05 * SSIMLoss()(*batch))
    assert HazeLoss().terms == {"l1": 1.0, "1 - ssim": 0.05}


def test_snow_without_weights_says_that_lpips_is_off(batch):
    loss = SnowLoss()
    torch.testing.assert_close(loss(*batch), L1Loss()(*batch) + 0.1 * SnowMaskLoss()(*batch))
    assert loss.terms == {"l1": 1.0, "snow mask l1": 0.1}


def test_snow_never_turns_lpips_off_by_itself(tmp_path):
    with pytest.raises(WeightsMissingError, match="lpips_weights"):
        SnowLoss(lpips_weights=str(tmp_path / "absent.pth"))


@pytest.mark.parametrize(
    ("loss", "weight"),
    [(RainLoss, "gradient"), (RainLoss, "direction"), (HazeLoss, "ssim"), (SnowLoss, "mask")],
)
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "much"])
def test_a_weight_is_a_number_of_0_or_more(loss, weight, value):
    with pytest.raises(ConfigError, match=f"{weight}: expected the weight of a term, 0 or more"):
        loss(**{weight: value})
