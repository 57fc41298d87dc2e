"""A wrong root says what was expected, what is there, and what may be meant."""

from __future__ import annotations

import pytest
from layout_trees import OPTIONS, PUBLISHED, build, plant, plant_published

from moei_toolkit.data.layouts import missing
from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.registry import LAYOUTS


def message(layout) -> str:
    with pytest.raises(DataError) as listed:
        list(layout.leftovers())
    with pytest.raises(DataError) as caught:
        list(layout.scenes(0))
    assert str(caught.value) == str(listed.value)
    return str(caught.value)


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_root(name, tmp_path):
    assert f"{tmp_path}/nowhere" in message(build(name, tmp_path / "nowhere"))
    (tmp_path / "file").touch()
    assert "expected a folder that can be read" in message(build(name, tmp_path / "file"))


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_empty_root(name, tmp_path):
    said = message(build(name, tmp_path))
    assert said.startswith(str(tmp_path))
    assert "expected" in said


@pytest.mark.parametrize("root", ["", "  ", None, 7, ["a"]])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_root_that_is_none(name, root):
    with pytest.raises(ConfigError, match="root: expected the folder of the data set, got"):
        LAYOUTS.build({"type": name, "root": root, **OPTIONS.get(name, {})})


def test_what_is_there_is_listed(tmp_path):
    plant(tmp_path, *(f"part{number}/x.txt" for number in range(10)))
    said = message(build("uhd_rain", tmp_path))
    assert said == (
        f"{tmp_path}: expected the folders of 'uhd_rain', "
        "{train, training_set, test, testing_set}/{input, gt}; "
        "there is 'part0', 'part1', 'part2', 'part3', 'part4', 'part5', 'part6', 'part7' and 2 more."
    )


@pytest.mark.parametrize(
    ("name", "inside", "meant"),
    [
        ("uhd_rain", "UHD-Rain", "UHD-Rain"),
        ("dehaze8k", "data/8KDehaze", "data/8KDehaze"),
        ("cdd11", "a/b/c", "a/b/c"),
        ("snow100k", "Snow100K-testset/x", "Snow100K-testset/x"),
    ],
)
def test_the_root_lies_deeper(name, inside, meant, tmp_path):
    plant_published(name, tmp_path / "r" / inside)
    assert message(build(name, tmp_path / "r")).endswith(
        f" Did you mean root={str(tmp_path / 'r' / meant)!r}?"
    )


def test_looking_for_the_root_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(missing, "_MOST_LOOKED_AT", 3)
    plant(tmp_path, "a/b/c/d/{input,gt}/1.png")
    assert "Did you mean" not in message(build("uhd_rain", tmp_path))


def test_a_misspelt_folder(tmp_path):
    plant(tmp_path, "trian/{input,gt}/1.png")
    assert "Did you mean root=" in message(build("uhd_rain", tmp_path))
    plant(tmp_path / "x", "{inptu,gtt}/1.png")
    said = message(build("uhd_rain", tmp_path / "x"))
    assert said.endswith("there is 'gtt', 'inptu'. 'gtt': Did you mean 'gt' or 'gts'?")


def test_only_clean_or_only_degraded_images(tmp_path):
    plant(tmp_path, "train/{input,tragets}/1.png", "test/{input,gt}/1.png")
    said = message(build("uhd_rain", tmp_path))
    assert said.startswith(
        f"{tmp_path}/train/input: expected a folder of clean images beside it, called one of "
    )
    assert "there is none. 'tragets': Did you mean 'targets' or" in said
    plant(tmp_path / "y", "train/gt/1.png")
    assert "train/gt: expected a folder of degraded images beside it" in message(
        build("uhd_rain", tmp_path / "y")
    )


def test_nothing_belongs_together(tmp_path):
    plant(tmp_path, "train/input/1.png", "train/gt/2.png")
    said = message(build("uhd_rain", tmp_path))
    assert "expected pairs of images, found none" in said
    assert "it has no partner: expected one" in said
    (tmp_path / "e/input").mkdir(parents=True)
    (tmp_path / "e/gt").mkdir()
    assert message(build("uhd_rain", tmp_path / "e")).endswith("found none. The folders are empty.")
