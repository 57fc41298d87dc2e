from __future__ import annotations

import pickle

import numpy as np
import pytest

from moei_toolkit.data.layouts.base import SPLITS
from moei_toolkit.data.layouts.embedded import EmbeddedLayout
from moei_toolkit.errors import ConfigError

COUNTS = {"train": 2, "route": 2, "calibrate": 1, "val": 1}


def test_splits_are_disjoint_and_complete():
    scenes = list(EmbeddedLayout(COUNTS, size=64).scenes(0))
    assert len({scene.id for scene in scenes}) == len(scenes)
    homes: dict[str, set[str]] = {}
    for scene in scenes:
        homes.setdefault(scene.capture_id, set()).add(scene.split)
    assert all(len(splits) == 1 for splits in homes.values())
    assert {scene.split for scene in scenes} == set(SPLITS)


def test_the_test_split_holds_only_photographs():
    scenes = [scene for scene in EmbeddedLayout(COUNTS).scenes(0) if scene.split == "test"]
    assert {scene.source for scene in scenes} == {"photograph"}
    assert {scene.id for scene in scenes} == {
        f"photo-{name}" for name in ("astronaut", "chelsea", "china", "coffee", "motorcycle", "rocket")
    }


def test_more_scenes_change_none_of_the_others():
    few = {scene.id: scene for scene in EmbeddedLayout(COUNTS, size=64).scenes(3)}
    many = {scene.id: scene for scene in EmbeddedLayout({**COUNTS, "train": 5}, size=64).scenes(3)}
    assert few.keys() < many.keys()
    name = "generated-train-0001"
    assert np.array_equal(few[name].load()[0], many[name].load()[0])


def test_another_seed_gives_other_scenes():
    one, two = (
        next(s for s in EmbeddedLayout({"val": 1}, size=64).scenes(n) if s.split == "val") for n in (1, 2)
    )
    assert not np.array_equal(one.load()[0], two.load()[0])


@pytest.mark.parametrize("name", ["photo-coffee", "photo-motorcycle", "photo-retina", "generated-val-0000"])
def test_scenes_load_after_pickling(name):
    scenes = {scene.id: scene for scene in EmbeddedLayout(COUNTS, size=64).scenes(0)}
    pixels, depth = pickle.loads(pickle.dumps(scenes[name])).load()
    assert pixels.dtype == np.uint8
    assert pixels.shape == (*depth.shape, 3)
    assert max(pixels.shape) <= 1024
    assert 0.0 <= depth.min() <= depth.max() <= 1.0


def test_wrong_splits_and_generated_test_scenes_are_refused():
    with pytest.raises(ConfigError, match="calibrate"):
        EmbeddedLayout({"calibration": 3})
    with pytest.raises(ConfigError, match="test"):
        EmbeddedLayout({"test": 1})
    with pytest.raises(ConfigError, match="train"):
        EmbeddedLayout({"train": -1})


@pytest.mark.parametrize("wrong", [{"scenes": {"train": 1.5}}, {"scenes": {}, "size": 100.5}])
def test_sizes_and_counts_are_whole_numbers(wrong):
    with pytest.raises(ConfigError, match="expected"):
        EmbeddedLayout(**wrong)
