"""Folders of one's own: pairs of any shape, and clean photographs."""

from __future__ import annotations

import pytest
from layout_trees import build, plant, reasons_of, scenes_of

from moei_toolkit.errors import ConfigError, DataError


def test_pairs_below_two_folders(tmp_path):
    plant(tmp_path, "my/hazy/{1.JPG,city/day/2.png,city/3.png}", "truth/{1.png,City/Day/2.tif,4.png}")
    layout = build(
        "pairs", tmp_path, degradation="haze", degraded="my/hazy", clean="truth", split="val", dataset="mine"
    )
    scenes = scenes_of(layout)
    assert {name: scene.path.relative_to(tmp_path).as_posix() for name, scene in scenes.items()} == {
        "1": "truth/1.png",
        "City/Day/2": "truth/City/Day/2.tif",
    }
    scene = scenes["City/Day/2"]
    assert (scene.split, scene.dataset, scene.capture_id) == ("val", "mine", "City/Day/2")
    assert [(file.id, file.degradation, file.level) for file in scene.degraded] == [
        ("city/day/2-haze", "haze", None)
    ]
    assert set(reasons_of(layout)) == {"my/hazy/city/3.png", "truth/4.png"}


def test_preparation_may_divide_pairs(tmp_path):
    (scene,) = build("pairs", plant(tmp_path, "{input,gt}/1.png")).scenes(0)
    assert scene.split is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"degradation": ""}, "degradation: expected text, got ''"),
        ({"degradation": "clean"}, "expected the name of one, 'clean' stands for none"),
        ({"clean": 3}, "clean: expected text, got 3"),
        ({"dataset": "a\nb"}, "dataset: expected text"),
        ({"split": "training"}, "split: unknown split 'training'. Did you mean 'train'"),
        ({"clean": "input"}, "expected two folders side by side"),
        ({"clean": "input/../input/gt"}, "expected two folders side by side"),
        ({"degraded": "."}, "expected two folders side by side"),
    ],
)
def test_wrong_arguments_of_pairs(options, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        build("pairs", tmp_path, **options)


def test_a_missing_folder_of_pairs(tmp_path):
    plant(tmp_path, "inputs/1.png", "gt/1.png")
    with pytest.raises(
        DataError, match=r"input: expected a folder that can be read .*Did you mean 'inputs'\?"
    ):
        build("pairs", tmp_path).scenes(0)


def test_pairs_that_do_not_belong_together(tmp_path):
    plant(tmp_path, "input/{1,2}.png", "gt/3.png")
    with pytest.raises(DataError, match="same names, found 2 and 1 images, and no two that belong together"):
        build("pairs", tmp_path).leftovers()


def test_accents_may_be_encoded_in_two_ways(tmp_path):
    layout = build("pairs", plant(tmp_path, "input/caf\u00e9.png", "gt/cafe\u0301.png"))
    assert len(scenes_of(layout)) == 1


def test_clean_photographs_are_scenes_without_weather(tmp_path):
    plant(tmp_path, "a.JPG", "alps/{a.jpg,b.webp,raw/b.CR2}", "LICENSE", "alps/notes.txt", ".trash/c.png")
    layout = build("clean_photos", tmp_path, dataset="alps")
    scenes = scenes_of(layout)
    assert list(scenes) == ["a", "alps/a", "alps/b"]
    assert {(scene.split, scene.degraded, scene.dataset) for scene in scenes.values()} == {(None, (), "alps")}
    assert all(scene.capture_id == scene.id for scene in scenes.values())
    assert reasons_of(layout) == {
        "alps/raw/b.CR2": "images of the kind .cr2 are not read; convert it to PNG, or remove it"
    }


def test_one_photograph_in_two_files(tmp_path):
    layout = build("clean_photos", plant(tmp_path, "{a.jpg,a.png,b.png}"))
    assert list(scenes_of(layout)) == ["b"]
    assert set(reasons_of(layout)) == {"a.jpg", "a.png"}


def test_a_folder_without_photographs(tmp_path):
    plant(tmp_path, "a.gif", "readme.txt")
    with pytest.raises(
        DataError, match=r"expected photographs in it or below, found none\. a\.gif: images of the"
    ):
        build("clean_photos", tmp_path).scenes(0)
    with pytest.raises(ConfigError, match="dataset: expected text, got None"):
        build("clean_photos", tmp_path, dataset=None)


def test_restorations_are_no_clean_photographs(tmp_path):
    plant(tmp_path, "{a.png,restored/a.png,restored/b.png}")
    (tmp_path / "restored" / "a.png.json").write_text(
        '{"modified_ns": 1, "model": "tiny", "source": "a.png"}'
    )
    (tmp_path / "restored" / "b.png.json").write_text('{"title": "not of this toolkit"}')
    layout = build("clean_photos", tmp_path)
    assert set(scenes_of(layout)) == {"a", "restored/b"}
    assert "it was restored" in reasons_of(layout)["restored/a.png"]
