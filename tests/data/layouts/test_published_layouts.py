"""What each published data set becomes: scenes, parts, captures, levels."""

from __future__ import annotations

import os

import pytest
from layout_trees import PUBLISHED, build, plant, plant_published, reasons_of, scenes_of

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.data.records import Record, write_records
from moei_toolkit.registry import LAYOUTS
from moei_toolkit.testing import check_layout


def summary(scene: Scene) -> tuple[str | None, str, dict[str, tuple[str, float | None]]]:
    degraded = {file.id: (file.degradation, file.level) for file in scene.degraded}
    return scene.split, scene.capture_id, degraded


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_contract(name, tmp_path):
    plant(tmp_path, *PUBLISHED[name])
    check_layout(lambda: build(name, tmp_path))


def test_every_layout_of_files_has_a_miniature():
    ours = {name for name in LAYOUTS.names() if LAYOUTS.provider(name).source == "built-in"}
    assert {*PUBLISHED, "embedded"} == ours


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_file_is_in_a_scene_or_known(name, tmp_path):
    layout = plant_published(name, tmp_path)
    scenes = scenes_of(layout).values()
    used = {scene.path for scene in scenes} | {file.path for scene in scenes for file in scene.degraded}
    images = {path for path in tmp_path.rglob("*.*") if path.is_file() and path.suffix not in (".txt", ".md")}
    aside = {path for path in images if {"normal", "mask", "realistic"}.intersection(path.parts)}
    aside |= {path for path in images if path.parent.name.startswith("low")}
    assert used == images - aside
    assert {scene.dataset for scene in scenes} == {name}
    assert {scene.source for scene in scenes} == {"photograph"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_records_can_hold_the_names(name, tmp_path):
    scenes = scenes_of(plant_published(name, tmp_path / "data")).values()
    write_records(
        tmp_path / "meta.jsonl",
        (
            Record(
                file.id, scene.dataset, scene.id, "test", "a", "b", 8, 6, file.degradation, file.level or 0.5,
                scene.capture_id, "0", scene.source,
            )
            for scene in scenes
            for file in scene.degraded
        ),
    )  # fmt: skip


def test_dehaze8k_levels_of_an_image_are_one_scene_and_tiles_of_a_photograph_one_capture(tmp_path):
    scenes = scenes_of(plant_published("dehaze8k", tmp_path))
    assert list(scenes) == ["16s14e09_c50y15_0", "16s14e09_c50y15_1", "17s02e11_c10y20_0"]
    assert summary(scenes["16s14e09_c50y15_1"]) == (
        None,
        "16s14e09_c50y15",
        {f"16s14e09_c50y15_1-haze-L{level}": ("haze", level / 4) for level in (1, 2, 3, 4)},
    )
    assert scenes["16s14e09_c50y15_0"].capture_id == "16s14e09_c50y15"
    assert [file.level for file in scenes["17s02e11_c10y20_0"].degraded] == [1.0, 0.25]


def test_dehaze8k_small_edition_counts_levels_from_0(tmp_path):
    plant(tmp_path, "{clear,cloud_0,cloud_1,cloud_2,cloud_3,cloud_4}/1_0.PNG")
    (scene,) = build("dehaze8k", tmp_path).scenes(0)
    assert {file.id: file.level for file in scene.degraded} == {
        f"1_0-haze-{level}": (level + 1) / 5 for level in range(5)
    }


def test_parts_of_uhd_rain(tmp_path):
    layout = plant_published("uhd_rain", tmp_path)
    scenes = scenes_of(layout)
    assert {name: summary(scene) for name, scene in scenes.items()} == {
        "test-1": ("test", "test-1", {"test-1-rain": ("rain", None)}),
        "train-1": ("train", "train-1", {"train-1-rain": ("rain", None)}),
        "train-2": ("train", "train-2", {"train-2-rain": ("rain", None)}),
    }
    assert scenes["test-1"].path == tmp_path / "testing_set/gt/1.JPG"
    assert scenes["test-1"].degraded[0].path == tmp_path / "testing_set/input/1.JPG"
    assert reasons_of(layout) == {}


def test_parts_may_lie_inside_the_folders_of_images(tmp_path):
    plant(
        tmp_path,
        "input/{train/{1,2},test/1,extra/7}.jpg",
        "gt/{train/{1,2},Testing/1,extra/7}.jpg",
        "gt/9.jpg",
    )
    layout = build("uhd_rain", tmp_path)
    scenes = scenes_of(layout)
    assert {name: scene.split for name, scene in scenes.items()} == {
        "7": None, "test-1": "test", "train-1": "train", "train-2": "train",
    }  # fmt: skip
    assert scenes["test-1"].path == tmp_path / "gt/Testing/1.jpg"
    assert "no folder of images" in reasons_of(layout)["gt/9.jpg"]


def test_a_root_named_like_a_part_holds_both_parts(tmp_path):
    plant(tmp_path / "UHD_rain_test", "{train,test}/{input,gt}/1.jpg")
    scenes = scenes_of(build("uhd_rain", tmp_path / "UHD_rain_test"))
    assert {name: scene.split for name, scene in scenes.items()} == {"test-1": "test", "train-1": "train"}


def test_names_differ_in_case_and_suffix_in_uhd_snow(tmp_path):
    scenes = scenes_of(plant_published("uhd_snow", tmp_path))
    assert [summary(scene) for scene in scenes.values()] == [
        ("test", "test-b", {"test-b-snow": ("snow", None)}),
        ("train", "train-A", {"train-a-snow": ("snow", None)}),
    ]


def test_frames_of_one_video_are_one_capture_within_a_part_of_uhd_haze(tmp_path):
    scenes = scenes_of(plant_published("uhd_haze", tmp_path))
    assert {name: scene.capture_id for name, scene in scenes.items()} == {
        "test-25_250000400": "test-25",
        "train-25_250000111": "train-25",
        "train-25_250000112": "train-25",
        "train-37_37000032": "train-37",
    }
    plant(tmp_path, "train/{input,gt}/{street,26_250000113}.jpg")
    others = scenes_of(build("uhd_haze", tmp_path))
    assert others["train-street"].capture_id == "train-street"
    assert others["train-26_250000113"].capture_id == "train-26_250000113"


def test_rain13k_4k(tmp_path):
    scenes = scenes_of(plant_published("rain13k_4k", tmp_path))
    assert list(scenes) == ["test-1", "train-1", "train-2"]
    assert {file.degradation for scene in scenes.values() for file in scene.degraded} == {"rain"}


def test_snow100k_has_levels_in_its_test_part(tmp_path):
    layout = plant_published("snow100k", tmp_path)
    scenes = scenes_of(layout)
    assert {name: scene.degraded[0].level for name, scene in scenes.items()} == {
        "test-L-beautiful_smile_00003": 1.0,
        "test-M-beautiful_smile_00003": pytest.approx(2 / 3),
        "test-S-beautiful_smile_00003": pytest.approx(1 / 3),
        "train-walk_00007": None,
    }
    captures = {scene.capture_id for scene in scenes.values()}
    assert captures == {"test-beautiful_smile_00003", "train-walk_00007"}
    assert reasons_of(layout) == {"realistic": "real snow without clean images"}


@pytest.mark.parametrize("inner", ["test", "test/Snow100K-M"])
def test_a_root_inside_a_data_set_knows_where_it_is(inner, tmp_path):
    plant_published("snow100k", tmp_path)
    scenes = scenes_of(build("snow100k", tmp_path / inner))
    middle = scenes["test-M-beautiful_smile_00003"]
    assert middle.split == "test"
    assert middle.degraded[0].level == pytest.approx(2 / 3)


def test_a_root_without_parts_leaves_splits_open(tmp_path):
    (scene,) = build("uhd_rain", plant(tmp_path / "UHD-Rain", "{lq,high}/1.png")).scenes(0)
    assert (scene.id, scene.split, scene.capture_id) == ("1", None, "1")
    for root in ("testing_set", "UHD-Rain_test"):
        (scene,) = build("uhd_rain", plant(tmp_path / root, "{input,gt}/1.png")).scenes(0)
        assert (scene.id, scene.split) == ("test-1", "test")


def test_val_is_the_test_part_where_there_is_no_other(tmp_path):
    plant(tmp_path, "{train,val}/{input,gt}/1.png")
    assert {name: scene.split for name, scene in scenes_of(build("uhd_rain", tmp_path)).items()} == {
        "train-1": "train",
        "val-1": "test",
    }
    plant(tmp_path, "test/{input,gt}/1.png")
    assert {name: scene.split for name, scene in scenes_of(build("uhd_rain", tmp_path)).items()} == {
        "test-1": "test",
        "train-1": "train",
        "val-1": "val",
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_ids_do_not_depend_on_other_files(name, tmp_path):
    layout = plant_published(name, tmp_path)
    plant(tmp_path, *(pattern.replace("00003.", "00004.") for pattern in PUBLISHED[name]))
    everything = {scene.id: scene for scene in layout.scenes(0)}
    for one in everything.values():
        files = {path: path.read_bytes() for path in (one.path, *(file.path for file in one.degraded))}
        for path in files:
            path.unlink()
        others = {scene.id: (scene.capture_id, scene.degraded) for scene in layout.scenes(0)}
        for path, data in files.items():
            path.write_bytes(data)
        assert others == {
            scene.id: (scene.capture_id, scene.degraded) for scene in everything.values() if scene is not one
        }


def test_the_order_of_folders_on_the_disk_changes_nothing(tmp_path, monkeypatch):
    layout = plant_published("cdd11", tmp_path)
    before = [(scene.id, scene.degraded) for scene in layout.scenes(0)]
    scandir = os.scandir

    class Backwards:
        def __init__(self, path):
            with scandir(path) as entries:
                self.entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *error):
            return None

    monkeypatch.setattr(os, "scandir", Backwards)
    assert [(scene.id, scene.degraded) for scene in layout.scenes(0)] == before
