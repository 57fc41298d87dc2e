from __future__ import annotations

import cv2
import numpy as np
import pytest

from moei_toolkit.data.weather.base import View
from moei_toolkit.data.weather.snow import Flakes, Snow, _compose, _draw


def view(height: int, width: int, severity: float) -> View:
    return View(np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32), severity)


def columns(**values: list[float]) -> Flakes:
    return Flakes(**{name: np.array(column, float) for name, column in values.items()})


def mask_of(flakes: Flakes, height: int, width: int) -> np.ndarray:
    seen = view(height, width, 1.0)
    return _compose([_draw(flakes, len(flakes.row), 0.0, seen)], seen)


def test_one_flake_is_drawn_where_and_as_it_should_be():
    flake = columns(row=[10.0], column=[7.0], radius=[2.0], stretch=[1.0], opacity=[0.8], sharpness=[2.0])
    mask = mask_of(flake, 21, 15)
    assert np.unravel_index(mask.argmax(), mask.shape) == (10, 7)
    assert mask[10, 7] == pytest.approx(0.8, abs=1e-6)
    assert mask[10, 9] == pytest.approx(0.8 * np.exp(-1.0), abs=1e-6)
    np.testing.assert_allclose(mask, mask[::-1], atol=1e-6)


def test_overlapping_flakes_compose_like_glass():
    pair = columns(
        row=[5.0, 5.0],
        column=[5.0, 5.0],
        radius=[2.0, 2.0],
        stretch=[1.0, 1.0],
        opacity=[0.5, 0.4],
        sharpness=[2.0, 2.0],
    )
    mask = mask_of(pair, 11, 11)
    assert mask[5, 5] == pytest.approx(1 - 0.5 * 0.6, abs=1e-6)


def test_flakes_outside_are_cut_at_the_border_and_not_wrapped():
    flake = columns(row=[5.0], column=[-1.0], radius=[2.0], stretch=[1.0], opacity=[0.9], sharpness=[2.0])
    mask = mask_of(flake, 11, 11)
    assert mask[5, 0] > 0.5
    assert mask[:, 5:].max() < 1e-9


def test_motion_blur_stretches_along_the_fall():
    flake = columns(row=[15.0], column=[15.0], radius=[2.0], stretch=[3.0], opacity=[0.9], sharpness=[2.0])
    mask = mask_of(flake, 31, 31)
    rows, columns_ = np.nonzero(mask > 0.3)
    assert np.ptp(rows) > 2.5 * np.ptp(columns_)


def test_cover_does_not_depend_on_the_size_of_the_picture():
    snow = Snow(drag=(0.0, 0.0))
    covers = [
        np.mean([snow.flakes(view(side, side, 0.8), np.random.default_rng(n)).mean() for n in range(4)])
        for side in (256, 1080)
    ]
    assert covers[1] == pytest.approx(covers[0], rel=0.3)


def test_classes_compose_like_glass_too():
    near = columns(row=[5.0], column=[5.0], radius=[3.0], stretch=[1.0], opacity=[0.5], sharpness=[2.0])
    far = columns(row=[5.0], column=[5.0], radius=[1.0], stretch=[1.0], opacity=[0.4], sharpness=[2.0])
    seen = view(11, 11, 1.0)
    mask = _compose([_draw(flakes, 1, 0.0, seen) for flakes in (near, far)], seen)
    assert mask[5, 5] == pytest.approx(1 - 0.5 * 0.6, abs=1e-6)


def test_no_flake_covers_nothing():
    mask = Snow(density=(0.0, 0.0)).flakes(view(20, 30, 1.0), np.random.default_rng(0))
    assert mask.dtype == np.float32
    assert not mask.any()


def test_small_pictures_have_flakes_too():
    mask = Snow().flakes(view(96, 96, 0.5), np.random.default_rng(0))
    count, _ = cv2.connectedComponents((mask > 0.3).astype(np.uint8))
    assert count > 10


def test_mask_is_an_opacity():
    mask = Snow(cover=20.0).flakes(view(120, 90, 1.0), np.random.default_rng(0))
    assert mask.dtype == np.float32
    assert mask.min() >= 0.0
    assert mask.max() <= 1.0
    assert mask.mean() > 0.5
