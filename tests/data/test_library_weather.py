from __future__ import annotations

import os

import numpy as np
import pytest

from moei_toolkit.data.weather.library import ROWS, STREAK_ROWS, LibraryFog, LibraryRain, LibrarySnow

WEATHERS = {"RandomRain": LibraryRain(), "RandomSnow": LibrarySnow(), "RandomFog": LibraryFog()}
each_weather = pytest.mark.parametrize("generator", WEATHERS)


def covered(generator: str, height: int, severity: float, seed: int = 0) -> np.ndarray:
    """How much of a black photograph becomes white."""
    black, depth = np.zeros((height, height, 3), np.float32), np.zeros((height, height), np.float32)
    return WEATHERS[generator].apply(black, depth, severity, np.random.default_rng(seed))[..., 0]


@each_weather
def test_more_is_covered_with_severity(generator):
    for seed in range(4):
        shares = [covered(generator, 200, severity, seed).mean() for severity in np.linspace(0.05, 1, 8)]
        assert shares == sorted(shares)
        assert shares[-1] > 2 * shares[0] > 0


@each_weather
def test_the_share_that_is_covered_does_not_depend_on_the_size(generator):
    small, large = (
        np.mean([covered(generator, side, 0.6, n).mean() for n in range(3)]) for side in (270, 900)
    )
    assert large == pytest.approx(small, rel=0.25)


@each_weather
def test_a_large_photograph_is_painted_small(generator, monkeypatch):
    import albumentations

    painted = []
    transform = getattr(albumentations, generator)
    paint = transform.apply

    def record(self, image, **options):
        painted.append(image.shape[:2])
        return paint(self, image, **options)

    monkeypatch.setattr(transform, "apply", record)
    black, depth = np.zeros((2160, 60, 3), np.float32), np.zeros((2160, 60), np.float32)
    WEATHERS[generator].apply(black, depth, 0.5, np.random.default_rng(0))
    rows = STREAK_ROWS if generator == "RandomRain" else ROWS
    assert painted == [(rows, round(60 * rows / 2160))]


@each_weather
def test_only_the_given_generator_is_drawn_from(generator):
    first = covered(generator, 80, 0.5)
    np.random.seed(3)
    assert np.array_equal(covered(generator, 80, 0.5), first)


def test_the_library_is_told_to_ask_no_server():
    covered("RandomFog", 20, 0.5)
    assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "1"
