"""The loss of sandstorms sees casts, and not brightness, in its own term."""

from __future__ import annotations

import pytest
import torch
from moei_sandstorm.loss import SandstormLoss, mean_chromaticity
from torch import Tensor

from moei_toolkit.errors import ConfigError
from moei_toolkit.losses.image import L1Loss, SSIMLoss
from moei_toolkit.testing import check_loss


def images(seed: int) -> Tensor:
    return torch.rand((2, 3, 24, 31), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("pixel", ["l1", "rmse"])
def test_it_keeps_the_contract_of_losses(pixel: str):
    check_loss(lambda: SandstormLoss(pixel=pixel))


def test_it_is_the_sum_of_its_terms():
    restored, clean, degraded = (images(seed) for seed in range(3))
    loss = SandstormLoss()
    cast = (mean_chromaticity(restored) - mean_chromaticity(clean)).abs().sum(1)
    parts = L1Loss()(restored, clean, degraded), SSIMLoss()(restored, clean, degraded), cast
    expected = sum(weight * part for weight, part in zip(loss.terms.values(), parts, strict=True))
    torch.testing.assert_close(loss(restored, clean, degraded), expected)
    assert list(loss.terms.values()) == [1.0, 0.05, 0.1]


def test_chromaticities_are_shares():
    orange = torch.tensor([0.79, 0.39, 0.19]).view(1, 3, 1, 1).expand(1, 3, 5, 7)
    torch.testing.assert_close(mean_chromaticity(orange), torch.tensor([[0.8, 0.4, 0.2]]) / 1.4)


def test_brightness_is_no_cast_and_a_cast_is_one():
    clean = 0.4 + 0.4 * images(0)
    only_cast = SandstormLoss(ssim=0.0, chromaticity=1.0)
    plain = SandstormLoss(ssim=0.0, chromaticity=0.0)

    def cast(restored: Tensor) -> Tensor:
        return only_cast(restored, clean, clean) - plain(restored, clean, clean)

    gains = torch.tensor([1.0, 0.8, 0.5]).view(1, 3, 1, 1)
    assert (cast(0.7 * clean) < 0.01).all()
    assert (cast(gains * clean) > 0.2).all()


def test_an_unknown_pixel_distance_is_refused():
    with pytest.raises(ConfigError, match="pixel: unknown distance"):
        SandstormLoss(pixel="l3")


@pytest.mark.parametrize("weight", ["ssim", "chromaticity"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "0.1"])
def test_a_weight_is_a_number_of_0_or_more(weight: str, value: object):
    with pytest.raises(ConfigError, match=f"{weight}: expected the weight of a term, 0 or more"):
        SandstormLoss(**{weight: value})
