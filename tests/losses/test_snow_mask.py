"""The snow mask finds flakes and the loss looks only there."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from moei_toolkit.errors import ConfigError
from moei_toolkit.losses.snow_mask import SnowMaskLoss, snow_mask

SIGMAS = (0.8, 1.6, 3.2)


def scene(flakes: float = 0.02) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return clean, degraded and where the flakes are (1, 1, H, W)."""
    generator = torch.Generator().manual_seed(0)
    clean = 0.2 + 0.3 * torch.rand((1, 3, 48, 64), generator=generator)
    where = torch.rand((1, 1, 48, 64), generator=generator) < flakes
    return clean, torch.where(where, torch.ones(()), clean), where


def test_mask_is_high_on_flakes_and_0_elsewhere():
    clean, degraded, where = scene()
    mask = snow_mask(clean, degraded, SIGMAS)
    assert mask.shape == (1, 1, 48, 64)
    assert mask[where].mean() > 0.5
    assert mask[~where].mean() < 0.1
    assert mask.min() >= 0
    assert mask.max() <= 1


def test_mask_equals_a_slow_computation():
    clean, degraded, _ = scene(0.05)
    weights = np.array([0.299, 0.587, 0.114])[:, None, None]
    residue = np.maximum(((degraded - clean)[0].double().numpy() * weights).sum(0), 0)

    def blur(sigma: float) -> np.ndarray:
        options = {"sigma": sigma, "mode": "constant", "radius": int(3 * sigma + 0.5)}
        return ndimage.gaussian_filter(residue, **options) / ndimage.gaussian_filter(
            np.ones_like(residue), **options
        )

    response = np.maximum(np.max([blur(s) - blur(1.6 * s) for s in SIGMAS], axis=0), 0)
    ranked = np.sort(response.ravel())
    median = ranked[(ranked.size - 1) // 2]
    deviation = np.sort(np.abs(ranked - median))[(ranked.size - 1) // 2]
    floor, peak = median + 3 * deviation, ranked[int(0.995 * ranked.size)]
    expected = np.clip((response - floor) / (peak - floor), 0, 1)
    np.testing.assert_allclose(snow_mask(clean, degraded, SIGMAS)[0, 0], expected, atol=1e-4)


def test_one_flake_is_enough():
    clean = torch.full((1, 3, 64, 64), 0.3)
    degraded = clean.clone()
    degraded[..., 30:33, 40:43] = 1.0
    mask = snow_mask(clean, degraded, SIGMAS)
    assert mask[0, 0, 31, 41] == pytest.approx(1)
    assert (mask > 0).float().mean() < 0.1


def test_without_flakes_the_mask_and_the_loss_are_0():
    clean, _, _ = scene()
    assert snow_mask(clean, clean, SIGMAS).abs().max() == 0
    assert SnowMaskLoss()(clean + 0.1, clean, clean).item() == 0


def test_darker_spots_are_no_snow():
    clean, degraded, _ = scene()
    assert snow_mask(degraded, clean, SIGMAS).abs().max() == 0


def test_loss_is_the_mean_error_inside_the_mask():
    clean, degraded, _ = scene()
    mask = snow_mask(clean, degraded, SIGMAS)
    expected = (mask * (degraded - clean).mean(1, keepdim=True)).sum() / mask.sum()
    torch.testing.assert_close(SnowMaskLoss()(degraded, clean, degraded), expected[None], rtol=1e-4, atol=0)
    constant = SnowMaskLoss()(clean + 0.1, clean, degraded).item()
    assert constant == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("sigmas", [(), (0.0, 1.0), (-1.0,), (1.0, math.nan), (math.inf,)])
def test_refuses_impossible_scales(sigmas: tuple[float, ...]):
    with pytest.raises(ConfigError, match="sigmas"):
        SnowMaskLoss(sigmas)
