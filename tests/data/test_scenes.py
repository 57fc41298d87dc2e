from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from moei_toolkit.data.fields import smooth_field, spectral_noise
from moei_toolkit.data.scenes.camera import photograph
from moei_toolkit.data.scenes.ground import ground_depth
from moei_toolkit.data.scenes.kinds import SCENE_KINDS
from moei_toolkit.data.scenes.leaves import power_law_sizes
from moei_toolkit.data.scenes.make import make_scene
from moei_toolkit.errors import DataError


@pytest.mark.parametrize("kind", SCENE_KINDS)
def test_every_kind_gives_a_picture_and_a_depth(kind):
    pixels, depth = make_scene(96, 120, np.random.default_rng(1), kind=kind)
    assert pixels.shape == (96, 120, 3)
    assert pixels.dtype == np.uint8
    assert pixels.std() > 1.0
    assert depth.shape == (96, 120)
    assert depth.dtype == np.float32
    assert depth.min() >= 0.0
    assert depth.max() <= 1.0


@pytest.mark.parametrize("kind", ["leaves", "country", "night"])
def test_a_scene_depends_on_its_generator_alone(kind):
    first, again, other = (make_scene(64, 64, np.random.default_rng(n), kind=kind) for n in (4, 4, 5))
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].tobytes() == again[1].tobytes()
    assert first[0].tobytes() != other[0].tobytes()


def test_depth_grows_towards_the_horizon():
    for seed in range(4):
        _, depth = make_scene(128, 128, np.random.default_rng(seed), kind="country")
        assert depth[:4].mean() > 0.8 > 0.4 > depth[-4:].mean()
    assert ground_depth(0.0) > ground_depth(0.5) > ground_depth(1.0)


@pytest.mark.parametrize("kind", ["leaves", "close_up"])
def test_the_foreground_of_things_in_no_particular_place_is_at_the_bottom(kind):
    for seed in range(4):
        _, depth = make_scene(128, 128, np.random.default_rng(seed), kind=kind)
        assert depth[-16:].mean() < 0.4 < 0.6 < depth[:16].mean()


def test_a_camera_keeps_what_is_in_focus_and_the_range_of_the_light():
    rng = np.random.default_rng(0)
    light = rng.random((64, 64, 3), np.float32) * np.float32(1.5)
    near, far = [], []
    for seed in range(60):
        depth = np.concatenate([np.zeros((32, 64)), np.ones((32, 64))]).astype(np.float32)
        pixels = photograph(light, depth, np.random.default_rng(seed)).astype(np.float64)
        near.append(pixels[:28].std())
        far.append(pixels[36:].std())
    sharper = np.array(near) / np.array(far)
    assert (sharper > 1.3).any()
    assert (sharper < 1 / 1.3).any()
    assert np.median(sharper) == pytest.approx(1.0, abs=0.1)


def test_snow_fields_are_white_and_nights_are_dark():
    def brightness(kind: str) -> float:
        scenes = [make_scene(64, 64, np.random.default_rng(n), kind=kind)[0] for n in range(6)]
        return float(np.mean([scene[40:].mean() for scene in scenes]))

    assert brightness("snow_field") > 130 > 80 > brightness("night")


def test_spectra_resemble_photographs():
    slopes = []
    for seed in range(24):
        gray = make_scene(128, 128, np.random.default_rng(seed))[0].mean(axis=2)
        window = np.hanning(128)
        power = np.abs(np.fft.fft2((gray - gray.mean()) * window[:, None] * window)) ** 2
        radius = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None])
        edges = np.geomspace(0.06, 0.4, 6)
        means = [power[(radius >= a) & (radius < b)].mean() for a, b in pairwise(edges)]
        slopes.append(np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(means) / 2, 1)[0])
    assert -1.8 < np.median(slopes) < -0.7


def test_sizes_follow_a_power_law_within_their_limits():
    sizes = power_law_sizes(200_000, 2.0, 50.0, np.random.default_rng(0))
    assert sizes.min() >= 2.0
    assert sizes.max() <= 50.0
    # With density ~ r^-3 three quarters are smaller than twice the minimum.
    assert np.mean(sizes < 4.0) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_noise_has_the_spectrum_it_is_asked_for(exponent):
    noise = spectral_noise(128, 128, exponent, np.random.default_rng(0))
    assert noise.mean() == pytest.approx(0.0, abs=1e-5)
    assert noise.std() == pytest.approx(1.0, abs=1e-4)
    power = np.abs(np.fft.fft2(noise)) ** 2
    radius = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None])
    low = power[(radius > 0.09) & (radius < 0.11)].mean()
    high = power[(radius > 0.36) & (radius < 0.44)].mean()
    assert np.log2(low / high) / 4 == pytest.approx(exponent, abs=0.2)


def test_smooth_fields_of_any_size():
    assert smooth_field(1, 1, np.random.default_rng(0)).shape == (1, 1)
    field = smooth_field(3, 5000, np.random.default_rng(0))
    assert field.shape == (3, 5000)
    assert np.isfinite(field).all()


def test_unknown_kinds_and_tiny_sizes_are_refused():
    with pytest.raises(DataError, match="country"):
        make_scene(64, 64, np.random.default_rng(0), kind="contry")
    with pytest.raises(DataError, match="16"):
        make_scene(8, 64, np.random.default_rng(0))
