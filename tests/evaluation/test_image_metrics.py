"""What PSNR and SSIM accept, refuse and state, and what they give where it can be said by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.evaluation.metrics.ssim import SSIM

METRICS = [PSNR, SSIM]


def noisy_pair(height: int = 40, width: int = 53) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    clean = generator.random((3, height, width), np.float32)
    return np.clip(clean + 0.1 * generator.standard_normal(clean.shape, np.float32), 0, 1), clean


def test_border_is_cut_off():
    restored, clean = noisy_pair()
    inner = restored[:, 4:-4, 4:-4], clean[:, 4:-4, 4:-4]
    for kind in METRICS:
        assert kind(border=4)(restored, clean) == pytest.approx(kind()(*inner), abs=1e-12)


def test_a_constant_error_by_hand():
    clean = np.zeros((3, 12, 12))
    assert PSNR()(clean + 0.1, clean) == pytest.approx(20)
    assert SSIM()(clean + 0.1, clean) == pytest.approx(1e-4 / (0.01 + 1e-4))


def test_equal_images_get_the_cap_and_1():
    image = noisy_pair()[0]
    assert PSNR()(image, image) == 100
    assert PSNR().protocol["cap"] == 100
    assert PSNR()(image, np.clip(image + 1e-7, 0, 1)) <= 100
    assert SSIM()(image, image) == 1


def test_values_outside_the_range_are_clipped():
    restored, clean = noisy_pair()
    beyond = np.where(restored == 1, 3.0, np.where(restored == 0, -2.0, restored))
    assert (beyond != restored).any()
    for kind in METRICS:
        assert kind()(beyond, clean) == kind()(restored.astype(np.float64), clean)


def test_tensors_and_arrays_give_the_same():
    restored, clean = noisy_pair()
    for kind in METRICS:
        as_tensors = kind()(torch.from_numpy(restored).requires_grad_(), torch.from_numpy(clean))
        assert as_tensors == kind()(restored, clean)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_measured_as_it_is(dtype: torch.dtype):
    restored, clean = (torch.from_numpy(image).to(dtype) for image in noisy_pair())
    for kind in METRICS:
        assert kind()(restored, clean) == kind()(restored.double(), clean.double())


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (7, 7), (10, 30)])
def test_small_images_have_a_value(size: tuple[int, int]):
    restored, clean = noisy_pair(*size)
    assert 0 < PSNR()(restored, clean) < 100
    assert -1 <= SSIM()(restored, clean) < 1


def test_the_window_shrinks_to_the_image():
    restored, clean = (image.astype(np.float64) for image in noisy_pair(7, 8))
    weights = np.exp(-0.5 * (np.arange(-3, 4) / 1.5) ** 2)
    window = np.outer(weights, weights) / weights.sum() ** 2

    def mean(values: np.ndarray) -> np.ndarray:
        return np.stack([(window * values[:, :, x : x + 7]).sum((1, 2)) for x in (0, 1)])

    mean_r, mean_c = mean(restored), mean(clean)
    variances = mean(restored**2) - mean_r**2 + mean(clean**2) - mean_c**2
    structure = (2 * (mean(restored * clean) - mean_r * mean_c) + 9e-4) / (variances + 9e-4)
    light = (2 * mean_r * mean_c + 1e-4) / (mean_r**2 + mean_c**2 + 1e-4)
    assert SSIM()(restored, clean) == pytest.approx((light * structure).mean(), abs=1e-9)


@pytest.mark.parametrize("metric", [kind(color) for kind in METRICS for color in ("rgb", "y")])
def test_the_protocol_says_what_the_number_depends_on(metric: Metric):
    assert metric.protocol.keys() >= {"color", "range", "border", "rounding"}
    assert metric.higher_is_better
    assert metric.name.endswith("_y") == ("Y" in metric.protocol["color"])


@pytest.mark.parametrize("kind", METRICS)
def test_bad_images_are_refused(kind: type[Metric]):
    restored, clean = noisy_pair(20, 20)
    spoiled = restored.copy()
    spoiled[0, 3, 3] = np.nan
    with pytest.raises(DataError, match="restored image holds NaN"):
        kind()(spoiled, clean)
    with pytest.raises(DataError, match="clean image holds NaN"):
        kind()(clean, spoiled)
    with pytest.raises(DataError, match="restored image holds NaN"):
        kind(border=4)(spoiled, clean)
    with pytest.raises(DataError, match="infinity"):
        kind()(np.where(np.isnan(spoiled), -np.inf, spoiled), clean)
    with pytest.raises(DataError, match="differ in size"):
        kind()(restored, clean[:, :10])
    with pytest.raises(DataError, match="uint8"):
        kind()((restored * 255).astype(np.uint8), clean)
    with pytest.raises(DataError, match="int64"):
        kind()(torch.ones(3, 20, 20, dtype=torch.int64), clean)
    with pytest.raises(DataError, match=r"\(3, H, W\)"):
        kind()(restored.transpose(1, 2, 0), clean)
    with pytest.raises(DataError, match="border of 10"):
        kind(border=10)(restored, clean)


@pytest.mark.parametrize("kind", METRICS)
def test_bad_options_are_refused(kind: type[Metric]):
    with pytest.raises(ConfigError, match="color"):
        kind("lab")
    with pytest.raises(ConfigError, match="border"):
        kind(border=-1)
    with pytest.raises(ConfigError, match="threads"):
        kind(threads=0)
