"""What names of files and folders say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moei_toolkit.data.layouts.file_names import fold, looks_like_image, plain, split_suffix
from moei_toolkit.data.layouts.folder_names import is_aside, is_clean, split_of
from moei_toolkit.data.records import Record, write_records
from moei_toolkit.errors import DataError
from moei_toolkit.io.text import is_text

RECORD = Record("a", "b", "c", "train", "d", "e", 1, 1, "rain", 0.5, "f", "0", "photograph")


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train", "train"),
        ("Training_Set", "train"),
        ("trainset", "train"),
        ("CDD-11_train", "train"),
        ("train2500", "train"),
        ("TEST", "test"),
        ("testing_set", "test"),
        ("Snow100K-testset", "test"),
        ("val", "val"),
        ("Validation", "val"),
        ("train_test", None),
        ("contest", None),
        ("train_crop", None),
        ("test_a", None),
        ("my_test_data", None),
        ("testament", None),
        ("restrain", None),
        ("input", None),
    ],
)
def test_published_parts(folder, split):
    assert split_of(folder) == split


def test_roles_of_folders():
    assert all(
        map(is_clean, ["gt", "GT", "Target", "clear", "High", "clean", "ground_truth", "Ground-Truth"])
    )
    assert not any(map(is_clean, ["input", "gt2", "clean_input", "low"]))
    assert all(map(is_aside, ["normal", "Mask", "depth"]))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.png", ("a", ".png")),
        ("a.b.PNG", ("a.b", ".PNG")),
        ("a", ("a", "")),
        ("a.", ("a", ".")),
        (".png", (".png", "")),
        ("..png", (".", ".png")),
    ],
)
def test_stems_and_suffixes(name, parts):
    assert split_suffix(name) == parts
    assert "".join(parts) == name


def test_images_by_name():
    assert all(
        map(looks_like_image, ["a.PNG", "a.jpeg", "b.tif", "b.TIFF", "c.webp", "d.bmp", "e.gif", "f.NEF"])
    )
    assert not any(map(looks_like_image, ["a", "png", "a.txt", "a.png.part", "a.npy"]))


def test_what_names_have_in_common():
    assert plain("Cloud_L1") == plain("cloud-l 1") == "cloudl1"
    assert fold("Straße") == fold("STRASSE")
    assert fold("caf\u00e9") == fold("CAFE\u0301")


@pytest.mark.parametrize(
    "name", ["a", "ö", "雨", "a b", "a\u2028b", "..", "", " ", "\u3000", "a\nb", "a\x7f", "a\udcff"]
)
def test_names_that_are_text_are_those_that_records_hold(name, tmp_path):
    try:
        write_records(tmp_path / "meta.jsonl", [replace(RECORD, id=name)])
        held = True
    except DataError:
        held = False
    assert is_text(name) == held
