from __future__ import annotations

import cv2
import numpy as np
import pytest
from shifted_pairs import photograph, shifted

from moei_toolkit.data.preparation.checking.phase_correlation import find_peak, flatten


def moved(values: np.ndarray, rows: float, columns: float) -> np.ndarray:
    """The same shifted by any fraction, exact for what repeats beyond its borders."""
    ramp = rows * np.fft.fftfreq(values.shape[0])[:, None] + columns * np.fft.rfftfreq(values.shape[1])[None]
    return np.fft.irfft2(np.fft.rfft2(values) * np.exp(-2j * np.pi * ramp), s=values.shape)


@pytest.mark.parametrize(("rows", "columns"), [(0.0, 0.0), (0.37, -0.81), (5.25, 3.5), (-12.6, 0.1)])
def test_shifts_of_noise(rows: float, columns: float):
    values = np.random.default_rng(1).standard_normal((128, 160))
    peak = find_peak([(values.astype(np.float32), moved(values, rows, columns).astype(np.float32))])
    assert (peak.rows, peak.columns) == pytest.approx((rows, columns), abs=0.03)
    assert peak.height > 5 * peak.rival


def test_agrees_with_opencv():
    first, second = (
        cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels in shifted(photograph("coffee"), 7, -4)
    )
    window = cv2.createHanningWindow(first.shape[::-1], cv2.CV_32F)
    (columns, rows), _ = cv2.phaseCorrelate(first.astype(np.float32), second.astype(np.float32), window)
    peak = find_peak([(flatten(first), flatten(second))])
    assert (peak.rows, peak.columns) == pytest.approx((rows, columns), abs=0.1)


def test_pairs_add_up():
    rng = np.random.default_rng(2)
    scenes = rng.standard_normal((4, 64, 64)).astype(np.float32)
    noisy = np.roll(scenes, (2, -3), (1, 2)) + 3 * rng.standard_normal(scenes.shape).astype(np.float32)
    pairs = list(zip(scenes, noisy, strict=True))
    one, all_of_them = find_peak(pairs[:1]), find_peak(pairs)
    assert all_of_them.rival / all_of_them.height < one.rival / one.height
    assert (all_of_them.rows, all_of_them.columns) == pytest.approx((2, -3), abs=0.3)


def test_height_is_one_for_equal_pictures_and_nothing_for_plain_ones():
    flat = flatten(cv2.cvtColor(photograph("chelsea"), cv2.COLOR_RGB2GRAY))
    assert find_peak([(flat, flat)]).height == pytest.approx(1.0, abs=1e-3)
    plain = np.zeros((65, 71), np.float32)
    assert find_peak([(plain, plain)]).height == 0.0


def test_contrast_and_brightness_do_not_matter_much():
    gray = cv2.cvtColor(photograph("chelsea"), cv2.COLOR_RGB2GRAY)
    faint = np.rint(gray * 0.3 + 150).astype(np.uint8)
    assert np.corrcoef(flatten(gray).ravel(), flatten(faint).ravel())[0, 1] > 0.97


def test_streaks_are_cut_off():
    gray = cv2.cvtColor(photograph("chelsea"), cv2.COLOR_RGB2GRAY).copy()
    gray[100:110, 50:52] = 255
    assert np.abs(flatten(gray)).max() <= 3.0
