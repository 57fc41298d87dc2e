"""Pairs of sandstorm sets are found however their folders are called, with levels where names tell them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from moei_sandstorm.layout import SandstormPairs, level_of
from PIL import Image

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.errors import DataError
from moei_toolkit.registry import LAYOUTS
from moei_toolkit.testing import check_layout


def plant(root: Path, *names: str) -> SandstormPairs:
    """Write a tiny picture for every name, and return the layout of their folder."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(len(name)).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return SandstormPairs(str(root))


def scenes_of(layout: SandstormPairs) -> dict[str, Scene]:
    return {scene.id: scene for scene in layout.scenes(0)}


def levels_of(layout: SandstormPairs) -> dict[str, float | None]:
    """Level of every degraded image by the name of its file."""
    return {file.path.stem: file.level for scene in layout.scenes(0) for file in scene.degraded}


SIE = (
    *(f"Synthetic_images/Ground_truth/image{number}_gt_synthetic.jpg" for number in (1, 2)),
    *(f"Synthetic_images/Sand_dust_images/image{number}_synthetic.jpg" for number in (1, 2)),
    "Real_world_images/Sandstorm/image3.jpg",
)
DIVIDED = tuple(
    f"{split}/{kind}/{split}1.png" for split in ("train", "val", "test") for kind in ("sand", "clear")
)
GRADED = ("dust/a_severity0.25.png", "dust/a_severity0.75.png", "dust/b_heavy.png", "dust/c.png")
GRADED += ("clean/a.png", "clean/b.png", "clean/c.png")


@pytest.mark.parametrize("names", [SIE, DIVIDED, GRADED], ids=["sie", "divided", "graded"])
def test_it_keeps_the_contract_of_layouts(tmp_path: Path, names: tuple[str, ...]):
    plant(tmp_path, *names)
    check_layout(lambda: SandstormPairs(str(tmp_path)))


@pytest.mark.parametrize(
    "dusty", ["sand", "Sandstorm", "dust", "degraded", "input", "hazy", "LQ", "sand-dust", "Sand_dust_images"]
)
@pytest.mark.parametrize("clean", ["clear", "Clean", "gt", "target", "Ground_Truth"])
def test_folders_are_called_as_people_call_them(tmp_path: Path, dusty: str, clean: str):
    (scene,) = scenes_of(plant(tmp_path, f"{dusty}/1.jpg", f"{clean}/1.png")).values()
    (file,) = scene.degraded
    assert (file.degradation, file.level, scene.split, scene.dataset) == (
        "sandstorm",
        None,
        None,
        "sandstorm",
    )
    assert scene.path == tmp_path / clean / "1.png"


def test_published_parts_are_splits(tmp_path: Path):
    scenes = scenes_of(plant(tmp_path, *DIVIDED))
    assert {scene.id: scene.split for scene in scenes.values()} == {
        "test-test1": "test",
        "train-train1": "train",
        "val-val1": "val",
    }


def test_levels_of_one_photograph_are_one_scene(tmp_path: Path):
    layout = plant(tmp_path, *GRADED)
    assert list(scenes_of(layout)) == ["a", "b", "c"]
    assert len(scenes_of(layout)["a"].degraded) == 2
    assert levels_of(layout) == {"a_severity0.25": 0.25, "a_severity0.75": 0.75, "b_heavy": 1.0, "c": None}


def test_sie_is_read_as_it_comes_without_its_real_storms(tmp_path: Path):
    layout = plant(tmp_path, *SIE)
    assert list(scenes_of(layout)) == ["image1_gt_synthetic", "image2_gt_synthetic"]
    (leftover,) = layout.leftovers()
    assert leftover.path == tmp_path / "Real_world_images"
    assert "real sandstorms" in leftover.reason


@pytest.mark.parametrize(
    ("stem", "level"),
    [
        ("0007_severity0.6", 0.6),
        ("0007-sev_0.05", 0.05),
        ("0007_level1.0", 1.0),
        ("dune_LIGHT", 1 / 3),
        ("dune_medium", 2 / 3),
        ("0007_level3", None),
        ("0007_severity1.5", None),
        ("moonlight", None),
        ("heavy", None),
        ("0007_0.6", None),
    ],
)
def test_a_level_is_told_by_a_name_only_where_it_says_so(stem: str, level: float | None):
    assert level_of(stem) == level


def test_an_image_called_like_a_level_has_its_own_clean_image_first(tmp_path: Path):
    layout = plant(tmp_path, "sand/fog_light.png", "gt/fog_light.png", "gt/fog.png")
    assert list(scenes_of(layout)) == ["fog_light"]


def test_a_folder_without_clean_images_is_refused(tmp_path: Path):
    layout = plant(tmp_path, "sand/1.png")
    with pytest.raises(DataError, match="clear"):
        list(layout.scenes(0))


def test_it_is_known_by_the_file_that_describes_it():
    assert LAYOUTS.get("sandstorm") is SandstormPairs
    assert sys.modules["moei_sandstorm.layout"].SandstormPairs is SandstormPairs
