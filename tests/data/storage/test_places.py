from __future__ import annotations

import json
from pathlib import Path

import pytest

from moei_toolkit.data.storage.places import Place, find_place, read_sources
from moei_toolkit.errors import DataError

SET = Path("/sets/mine")
SOURCES = {"rain": Path("/disk/UHD-Rain"), "other": Path("/sets/other")}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("pairs.lmdb#a", Place(SET / "pairs.lmdb", "a")),
        ("more/x.lmdb#../b#c", Place(SET / "more/x.lmdb", "../b#c")),
        ("images/1.png", Place(SET / "images/1.png")),
        ("images/1#2.png", Place(SET / "images/1#2.png")),
        ("rain/train/input/1.jpg", Place(Path("/disk/UHD-Rain/train/input/1.jpg"))),
        ("other/pairs.lmdb#a", Place(Path("/sets/other/pairs.lmdb"), "a")),
        ("rainy/1.jpg", Place(SET / "rainy/1.jpg")),
        ("./images//1.png", Place(SET / "images/1.png")),
        ("a/..b/...png", Place(SET / "a/..b/...png")),
    ],
)
def test_paths_lead_below_the_folder_or_a_source(path, place):
    assert find_place(path, SET, SOURCES) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../mine/1.png",
        "images/../../1.png",
        "rain/../1.png",
        "/etc/passwd",
        "/sets/mine/pairs.lmdb#a",
        "../other/pairs.lmdb#a",
        "a\0.png",
    ],
)
def test_no_path_leads_out(path):
    with pytest.raises(DataError, match=r"expected a path below /sets/mine"):
        find_place(path, SET, SOURCES)


def test_sources_are_absolute_folders_by_name(tmp_path):
    path = tmp_path / "sources.json"
    assert read_sources(path) == {}
    path.write_text(json.dumps({"rain": "/disk/UHD-Rain", "other": "/sets/other"}))
    assert read_sources(path) == SOURCES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"rain": 1}',
        '{"rain": "here"}',
        '{"a/b": "/x"}',
        '{"..": "/x"}',
        '{"": "/x"}',
        '{"/": "/x"}',
    ],
)
def test_other_sources_are_refused(tmp_path, text):
    (tmp_path / "sources.json").write_text(text)
    with pytest.raises(DataError, match=r"sources\.json: expected"):
        read_sources(tmp_path / "sources.json")
