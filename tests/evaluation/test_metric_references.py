"""PSNR and SSIM equal scikit-image and torchmetrics, on photographs and where rounding could tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data
from skimage.color import rgb2ycbcr
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import peak_signal_noise_ratio as torch_psnr
from torchmetrics.functional.image import structural_similarity_index_measure as torch_ssim

from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.evaluation.metrics.ssim import SSIM

TOLERANCE = 1e-6


@pytest.fixture(autouse=True)
def _double_precision():
    """torchmetrics takes the constants of its formulas in the default type."""
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(default)


def check_against_references(restored: np.ndarray, clean: np.ndarray) -> None:
    """Both metrics, against both packages, on float64 images (3, H, W)."""
    tensors = [torch.from_numpy(image[None].copy()) for image in (restored, clean)]
    ssim, psnr = SSIM()(restored, clean), PSNR()(restored, clean)
    assert ssim == pytest.approx(reference_ssim(restored, clean, channel_axis=0), abs=TOLERANCE)
    assert ssim == pytest.approx(inner_torch_ssim(*tensors), abs=TOLERANCE)
    assert psnr == pytest.approx(peak_signal_noise_ratio(clean, restored, data_range=1.0), abs=TOLERANCE)
    assert psnr == pytest.approx(torch_psnr(*tensors, data_range=1.0).item(), abs=TOLERANCE)


def reference_ssim(restored: np.ndarray, clean: np.ndarray, **options: object) -> float:
    return structural_similarity(
        restored, clean, gaussian_weights=True, use_sample_covariance=False, data_range=1.0, **options
    )


def inner_torch_ssim(restored: torch.Tensor, clean: torch.Tensor) -> float:
    """The mean over windows inside the image; torchmetrics also averages those that hang over its edges."""
    everywhere = torch_ssim(restored, clean, sigma=1.5, data_range=1.0, return_full_image=True)[1]
    return everywhere[..., 5:-5, 5:-5].mean().item()


def photograph(name: str) -> np.ndarray:
    """A part of odd size of a photograph that ships with scikit-image."""
    return getattr(data, name)()[40:231, 90:257].transpose(2, 0, 1) / 255


def noisy(clean: np.ndarray) -> np.ndarray:
    return np.clip(clean + 0.05 * np.random.default_rng(0).standard_normal(clean.shape), 0, 1)


DAMAGES = {
    "noise": noisy,
    "blur": lambda clean: gaussian(clean, 2, channel_axis=0),
    "haze": lambda clean: 0.4 * clean + 0.5,
    "eight bits": lambda clean: np.round(clean**1.1 * 255) / 255,
    "next to nothing": lambda clean: np.clip(clean + 1e-4, 0, 1),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_photographs(name: str, damage: str):
    clean = photograph(name)
    check_against_references(DAMAGES[damage](clean), clean)


@pytest.mark.parametrize("height", [11, 12, 63, 64, 65, 73, 74, 75, 139])
def test_heights_around_one_and_two_strips(height: int):
    clean = np.random.default_rng(height).random((3, height, 17))
    check_against_references(noisy(clean), clean)
    check_against_references(noisy(clean).transpose(0, 2, 1), clean.transpose(0, 2, 1))


def stripes(height: int, width: int, low: float, high: float) -> np.ndarray:
    """Bands of eleven rows, so that some windows are flat and others hold an edge."""
    rows = np.where(np.arange(height) // 11 % 2, low, high)
    return np.broadcast_to(rows[:, None], (3, height, width)).copy()


@pytest.mark.parametrize(
    ("restored", "clean"),
    [
        (np.full((3, 90, 20), 0.7), np.full((3, 90, 20), 0.3)),
        (np.full((3, 90, 20), 1.0), np.full((3, 90, 20), 0.0)),
        (stripes(90, 20, 0.999, 1), np.full((3, 90, 20), 1.0)),
        (stripes(90, 20, 0.9, 1), stripes(90, 20, 1, 0.9)),
        (stripes(90, 20, 0.5, 0.5001), stripes(90, 20, 0.5001, 0.5)),
    ],
    ids=["constant", "black and white", "against constant", "opposite", "opposite and faint"],
)
def test_flat_areas_where_variances_cancel(restored: np.ndarray, clean: np.ndarray):
    check_against_references(restored, clean)


@pytest.mark.parametrize("name", ["astronaut", "chelsea"])
def test_y_equals_scikit_image_on_the_luma(name: str):
    clean = photograph(name)
    restored = noisy(clean)
    lumas = [rgb2ycbcr(image, channel_axis=0)[0] / 255 for image in (restored, clean)]
    assert PSNR("y")(restored, clean) == pytest.approx(
        peak_signal_noise_ratio(*lumas, data_range=1), abs=TOLERANCE
    )
    assert SSIM("y")(restored, clean) == pytest.approx(reference_ssim(*lumas), abs=TOLERANCE)


@pytest.mark.parametrize("border", [1, 4])
def test_a_border_is_what_the_references_are_not_shown(border: int):
    clean = photograph("chelsea")
    restored = noisy(clean)
    inner = [image[:, border:-border, border:-border] for image in (restored, clean)]
    assert SSIM(border=border)(restored, clean) == pytest.approx(
        reference_ssim(*inner, channel_axis=0), abs=TOLERANCE
    )
    assert PSNR(border=border)(restored, clean) == pytest.approx(
        peak_signal_noise_ratio(*inner[::-1], data_range=1), abs=TOLERANCE
    )
