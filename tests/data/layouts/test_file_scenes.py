"""Loading scenes from files, and listing many of them."""

from __future__ import annotations

import pickle
import sys
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from layout_trees import PUBLISHED, build, plant, plant_published, scenes_of

from moei_toolkit.data.depth import estimate_depth
from moei_toolkit.errors import ImageError
from moei_toolkit.registry import LAYOUTS, component_version


def test_pixels_are_those_of_the_file_and_depth_is_estimated(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    one, other = (scenes_of(build("clean_photos", tmp_path), seed)["a"].load() for seed in (1, 2))
    assert np.array_equal(one[0], pixels)
    assert np.array_equal(other[0], pixels)
    assert not np.array_equal(one[1], other[1])
    same = pickle.loads(pickle.dumps(scenes_of(build("clean_photos", tmp_path), 1)["a"])).load()
    assert np.array_equal(same[1], one[1])
    assert estimate_depth(pixels / np.float32(255), np.random.default_rng(0)).shape == one[1].shape


def test_two_scenes_of_equal_pixels_have_depths_of_their_own(tmp_path):
    one, other = scenes_of(build("clean_photos", plant(tmp_path, "{a,b}.png"))).values()
    assert np.array_equal(one.load()[0], other.load()[0])
    assert not np.array_equal(one.load()[1], other.load()[1])


def test_sixteen_bits_become_eight(tmp_path):
    deep = np.linspace(0, 65535, 4096).reshape(32, 128).round().astype(np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), np.dstack([deep] * 3))
    pixels, _ = scenes_of(build("clean_photos", tmp_path))["deep"].load()
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels[..., 0], np.floor(deep / 257 + 0.5).astype(np.uint8))


def test_a_damaged_file_is_found_when_it_is_loaded(tmp_path):
    plant_published("uhd_rain", tmp_path)
    (tmp_path / "training_set/gt/1.jpg").write_bytes(b"no image")
    scene = scenes_of(build("uhd_rain", tmp_path))["train-1"]
    with pytest.raises(ImageError, match=r"training_set/gt/1\.jpg"):
        scene.load()


def test_files_are_listed_without_being_touched(tmp_path, monkeypatch):
    plant(tmp_path, *(f"train/{{input,gt}}/{number:03d}.png" for number in range(200)))
    asked: list[Path] = []
    stat = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **options: asked.append(path) or stat(path, **options))
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("a file was opened"))
    assert len(scenes_of(build("uhd_rain", tmp_path))) == 200
    assert len(asked) < 10


def test_a_home_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    plant_published("clean_photos", tmp_path / "photos")
    assert len(scenes_of(build("clean_photos", Path("~/photos")))) == 3


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_layout_is_known_by_the_file_that_describes_it(name):
    layout = LAYOUTS.get(name)
    file = Path(sys.modules[layout.__module__].__file__)
    assert component_version("layouts", name)["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert getattr(sys.modules[layout.__module__], layout.__name__) is layout
    assert len(layout.__doc__) > 40


def test_layouts_survive_pickling(tmp_path):
    layout = plant_published("uhd_rain", tmp_path)
    assert list(scenes_of(pickle.loads(pickle.dumps(layout)))) == ["test-1", "train-1", "train-2"]
