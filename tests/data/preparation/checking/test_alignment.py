"""Shifts are found to a fraction of a pixel whatever the weather, and aligned pairs are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from shifted_pairs import WEATHER, photograph, shifted, under

from moei_toolkit.data.preparation.checking.alignment import Shift, measure_shift, repair
from moei_toolkit.errors import DataError

NAMES = ("coffee", "chelsea", "astronaut", "rocket")


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((first.astype(float) - second) ** 2)))


def farthest(shift: Shift, rows: float, columns: float) -> float:
    return max(abs(shift.rows - rows), abs(shift.columns - columns))


class TestMeasuring:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(("down", "right"), [(1, -3), (6, 5), (-10, 2)])
    def test_fractions_of_a_pixel(self, name: str, down: int, right: int):
        shift = measure_shift(*shifted(photograph(name), down, right, reduced=2))
        assert shift.known
        assert farthest(shift, down / 2, right / 2) < 0.1

    @pytest.mark.parametrize("severity", [0.2, 0.6, 1.0])
    @pytest.mark.parametrize("weather", WEATHER)
    @pytest.mark.parametrize("name", NAMES)
    def test_under_weather(self, name: str, weather: str, severity: float):
        clean, moved = shifted(photograph(name), 3, -7, reduced=2)
        shift = measure_shift(clean, under(weather, moved, severity, seed=1))
        assert farthest(shift, 1.5, -3.5) < 0.3
        assert shift.exceeds(0.5)

    @pytest.mark.parametrize("weather", WEATHER)
    def test_no_aligned_pair_is_called_misaligned(self, weather: str):
        rng = np.random.default_rng(5)
        known = 0
        for number in range(40):
            pixels = photograph(NAMES[number % len(NAMES)])
            top, left = (int(rng.integers(side - 160)) for side in pixels.shape[:2])
            clean = np.ascontiguousarray(pixels[top : top + 160, left : left + 160])
            shift = measure_shift(clean, under(weather, clean, float(rng.uniform()), number))
            assert not shift.exceeds(0.5), (number, shift)
            known += shift.known
        assert known >= 34

    def test_large_photographs_are_looked_at_in_windows(self):
        large = cv2.resize(photograph("coffee"), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        clean, moved = shifted(large, 11, -9)
        moved = under("rain", moved, 0.7, seed=2)
        assert max(clean.shape) > 1024
        assert farthest(measure_shift(clean, moved), 11, -9) < 0.1

    def test_a_large_photograph_that_is_narrow(self):
        large = cv2.resize(photograph("coffee"), (1500, 200))
        clean, moved = shifted(large, -4, 6)
        assert farthest(measure_shift(clean, moved), -4, 6) < 0.1

    def test_long_ways(self):
        pixels = photograph("astronaut")
        clean, moved = (np.ascontiguousarray(pixels[at : at + 400, at : at + 400]) for at in (100, 20))
        assert farthest(measure_shift(clean, moved), 80, 80) < 0.05

    def test_what_nobody_can_know(self):
        noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
        plain = np.full_like(noise, 90)
        stripes = np.ascontiguousarray(np.broadcast_to(np.arange(128)[:, None, None] % 8 * 30, noise.shape))
        stripes = stripes.astype(np.uint8)
        others = photograph("coffee")[:128, :128], photograph("chelsea")[:128, :128]
        tiny = photograph("coffee")[:40, :40]
        pairs = [(plain, plain), (plain, noise), (stripes, stripes), others, (tiny, tiny)]
        for clean, degraded in pairs:
            shift = measure_shift(np.ascontiguousarray(clean), np.ascontiguousarray(degraded))
            assert not shift.known
            assert not shift.exceeds(0)

    def test_a_side_that_is_nothing_in_the_overview_is_unknown(self):
        long = np.random.default_rng(0).integers(0, 256, (64, 64 * 70, 3), np.uint8)
        assert not measure_shift(long, long).known

    def test_more_than_a_quarter_is_unknown(self):
        pixels = photograph("astronaut")
        pair = (np.ascontiguousarray(pixels[at : at + 200, :200]) for at in (100, 20))
        assert not measure_shift(*pair).known

    def test_sizes_must_agree(self):
        with pytest.raises(DataError, match=r"one size, got \(80, 80, 3\) and \(80, 81, 3\)"):
            measure_shift(np.zeros((80, 80, 3), np.uint8), np.zeros((80, 81, 3), np.uint8))

    def test_doubt_counts_for_a_pair(self):
        assert Shift(0.6, 0.0, 0.99).exceeds(0.5)
        assert not Shift(0.6, 0.0, 0.9).exceeds(0.5)
        assert not Shift(30.0, 40.0, 0.3).exceeds(0.5)
        assert Shift(-3.0, 4.0, 1.0).length == 5


class TestRepairing:
    def test_whole_pixels_are_only_cropped(self):
        pair = shifted(photograph("coffee"), 5, -3)
        clean, degraded = repair(*pair, measure_shift(*pair))
        assert clean.shape == (pair[0].shape[0] - 5, pair[0].shape[1] - 3, 3)
        np.testing.assert_array_equal(clean, degraded)
        np.testing.assert_array_equal(clean, pair[0][:-5, 3:])

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(("down", "right"), [(3, -5), (-7, 4), (1, 1)])
    def test_there_and_back(self, name: str, down: int, right: int):
        pair = shifted(photograph(name), down, right, reduced=2)
        clean, degraded = repair(*pair, measure_shift(*pair))
        assert clean.shape == degraded.shape
        whole = Shift(float(round(down / 2)), float(round(right / 2)), 1.0)
        assert psnr(clean, degraded) > psnr(*repair(*pair, whole)) + 4
        assert measure_shift(clean, degraded).length < 0.2

    def test_the_clean_image_keeps_its_pixels(self):
        pair = shifted(photograph("coffee"), 3, -5, reduced=2)
        clean, _ = repair(*pair, Shift(1.5, -2.5, 1.0))
        assert any(
            np.array_equal(clean, pair[0][top:, left:][: clean.shape[0], : clean.shape[1]])
            for top in range(12)
            for left in range(12)
        )

    def test_weather_moves_along(self):
        clean, moved = shifted(photograph("astronaut"), 3, 4, reduced=2)
        pair = clean, under("snow", moved, 0.5, seed=3)
        assert measure_shift(*repair(*pair, measure_shift(*pair))).length < 0.3

    def test_an_unknown_shift_is_not_repaired(self):
        pixels = photograph("coffee")
        with pytest.raises(DataError, match="known shift"):
            repair(pixels, pixels, Shift(4.0, 0.0, 0.2))
