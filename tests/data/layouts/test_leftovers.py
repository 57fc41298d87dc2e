"""Files that belong to no scene are listed with a reason, and change nothing for the others."""

from __future__ import annotations

import os

import pytest
from layout_trees import build, plant, plant_published, reasons_of, scenes_of

WITHOUT, ANY = "it has no partner: expected one", "whatever its suffix"


def layout_with(root, *patterns):
    plant(root, "train/{input,gt}/fine.png", *patterns)
    layout = build("uhd_rain", root)
    assert list(scenes_of(layout)) == ["train-fine"]
    return layout


def test_images_without_a_partner(tmp_path):
    reasons = reasons_of(layout_with(tmp_path, "train/input/1.png", "train/gt/2.jpg"))
    assert reasons == {
        "train/gt/2.jpg": f"{WITHOUT} degraded image in {tmp_path}/train/input called '2', {ANY}",
        "train/input/1.png": f"{WITHOUT} clean image in {tmp_path}/train/gt called '1', {ANY}",
    }


def test_two_files_of_one_stem_are_both_left_over_and_so_is_their_partner(tmp_path):
    reasons = reasons_of(
        layout_with(tmp_path, "train/{input,gt}/a.png", "train/gt/A.jpg", "train/lq/fine2.png")
    )
    twins = "several files have its name but for suffix and case (gt/A.jpg, gt/a.png); keep one"
    assert reasons["train/gt/A.jpg"] == reasons["train/gt/a.png"] == twins
    assert reasons["train/input/a.png"].startswith(f"{WITHOUT} clean image")


def test_two_folders_of_one_role_are_one(tmp_path):
    layout = build(
        "uhd_rain", plant(tmp_path, "{input,gt}/{1,2}.png", "lq/2.png", "target/3.png", "lq/3.png")
    )
    assert list(scenes_of(layout)) == ["1", "3"]
    assert set(reasons_of(layout)) == {"input/2.png", "lq/2.png", "gt/2.png"}


def test_kinds_that_are_not_read_and_files_that_are_no_images(tmp_path):
    strays = "train/input/{a.gif,b.HEIC,c.dat,d,e.png.part,f.}"
    reasons = reasons_of(layout_with(tmp_path, strays, "train/input/notes.txt", "train/gt/captions.json"))
    assert set(reasons) == {
        f"train/input/{name}" for name in ("a.gif", "b.HEIC", "c.dat", "d", "e.png.part", "f.")
    }
    assert reasons["train/input/b.HEIC"].startswith("images of the kind .heic are not read; convert it")
    assert reasons["train/input/d"].startswith("it lies among images, but its name does not end like one")


def test_an_image_under_the_name_of_a_list(tmp_path):
    reasons = reasons_of(layout_with(tmp_path, "train/input/7.txt", "train/gt/7.png", "train/gt/fine.txt"))
    assert (
        reasons["train/input/7.txt"]
        == "it is called like an image that lacks a partner, but .txt is no image"
    )
    assert set(reasons) == {"train/input/7.txt", "train/gt/7.png"}


def test_images_outside_and_in_unknown_folders(tmp_path):
    layout = layout_with(
        tmp_path, "poster.png", "train/x.jpg", "train/extra/deep/y.png", "notes/README", "LICENCE"
    )
    reasons = reasons_of(layout)
    assert set(reasons) == {"poster.png", "train/x.jpg", "train/extra"}
    assert reasons["poster.png"].startswith("it lies in no folder of images; expected {train, training_set")
    assert reasons["train/extra"].startswith("it holds images, but 'uhd_rain' has no folder of this name")


def test_hidden_files_are_none(tmp_path):
    hidden = "train/input/{.DS_Store,._1.png,Thumbs.db,desktop.ini}"
    layout = layout_with(
        tmp_path, hidden, ".cache/1.png", "__MACOSX/1.png", "train/gt/.ipynb_checkpoints/1.png"
    )
    assert reasons_of(layout) == {}


@pytest.mark.parametrize(
    "name", [b"bad\xff.png", b"two\nlines.png", b"bell\x07.png", b" .png", "\x85.png".encode()]
)
def test_names_that_no_record_can_hold(name, tmp_path):
    layout = layout_with(tmp_path)
    (tmp_path / "train/input" / os.fsdecode(name)).touch()
    assert list(scenes_of(layout)) == ["train-fine"]
    ((left, reason),) = reasons_of(layout).items()
    assert os.fsencode(left) == b"train/input/" + name
    assert reason.endswith("rename it")


def test_a_folder_with_such_a_name_is_not_entered(tmp_path):
    layout = layout_with(tmp_path, "train/input/a\tb/1.png")
    assert list(reasons_of(layout)) == ["train/input/a\tb"]


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    layout = layout_with(tmp_path, "train/input/locked/1.png")
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    reason = "the folder cannot be read (Permission denied); check its rights"
    assert reasons_of(layout) == {"train/input/locked": reason}


def test_links(tmp_path):
    layout = layout_with(tmp_path, "elsewhere/1.png")
    (tmp_path / "train/input/loop").symlink_to(tmp_path / "train")
    (tmp_path / "train/input/self").symlink_to("self")
    (tmp_path / "train/input/gone.png").symlink_to("nowhere")
    (tmp_path / "train/gt/1.png").symlink_to(tmp_path / "elsewhere/1.png")
    os.mkfifo(tmp_path / "train/gt/pipe.png")
    reasons = reasons_of(layout)
    assert reasons["train/input/loop"] == "it is a link to a folder that it lies in; it was not followed"
    assert reasons["train/input/self"].startswith(
        "it cannot be looked at (Too many levels of symbolic links)"
    )
    assert reasons["train/input/gone.png"].startswith("it is neither a file nor a folder")
    assert reasons["train/gt/pipe.png"].startswith("it is neither a file nor a folder")
    assert reasons["train/gt/1.png"].startswith(WITHOUT)


def test_linked_folders_are_part_of_a_data_set(tmp_path):
    plant(tmp_path / "disk", "a/{1,2}.png", "b/{1,2}.png")
    root = tmp_path / "data"
    (root / "train").mkdir(parents=True)
    (root / "train/input").symlink_to(tmp_path / "disk/a")
    (root / "train/gt").symlink_to(tmp_path / "disk/b")
    assert list(scenes_of(build("uhd_rain", root))) == ["train-1", "train-2"]


def test_folders_that_link_to_each_other_end(tmp_path):
    names = [f"f{number}" for number in range(7)]
    for name in names:
        plant(tmp_path, f"{name}/photo.png")
        for other in names:
            if other != name:
                (tmp_path / name / other).symlink_to(tmp_path / other)
    layout = build("clean_photos", tmp_path)
    scenes = scenes_of(layout)
    assert {"f0/photo", "f0/f1/photo", "f0/f1/f2/f3/f4/photo"} <= set(scenes)
    assert not any("f0/f1/f2/f3/f4/f5" in name for name in scenes)
    reasons = reasons_of(layout)
    assert reasons["f0/f1/f0"] == "it is a link to a folder that it lies in; it was not followed"
    assert reasons["f0/f1/f2/f3/f4/f5"].startswith("it lies behind more than 4 links")


def test_one_id_for_two_scenes(tmp_path):
    layout = build("uhd_rain", plant(tmp_path, "{input,gt}/train-1.png", "train/{input,gt}/1.png"))
    assert list(scenes_of(layout)) == ["train-1"]
    clash = "the id 'train-1' of its scene is taken by another image; rename it"
    assert list(reasons_of(layout).values()) == [clash, clash]


def test_a_name_of_a_scene_and_of_a_degraded_image(tmp_path):
    layout = build("pairs", plant(tmp_path, "{input,gt}/{1,1-rain}.png"))
    assert list(scenes_of(layout)) == ["1"]
    assert set(reasons_of(layout)) == {"input/1-rain.png", "gt/1-rain.png"}


def test_leftovers_are_in_order(tmp_path):
    layout = plant_published("uhd_rain", tmp_path)
    plant(tmp_path, "z.png", "training_set/gt/{9,8}.png", "a.gif", "testing_set/input/5.dat")
    paths = [str(leftover.path) for leftover in layout.leftovers()]
    assert len(paths) == 5
    assert paths == sorted(paths)
