from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from stored import picture, record

from moei_toolkit.data.records import Record
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_store import SOURCES_NAME, PixelStore
from moei_toolkit.data.views import make_overview
from moei_toolkit.errors import DataError

CLEAN, HAZY = picture(0), picture(1)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A set with a pair store of its own, another one and images below a source, and images below itself."""
    folder, source = tmp_path / "set", tmp_path / "elsewhere"
    for place in (folder / "images", source / "deep"):
        place.mkdir(parents=True)
        cv2.imwrite(str(place / "clean.png"), CLEAN[..., ::-1])
        cv2.imwrite(str(place / "hazy.png"), HAZY[..., ::-1])
    for store in (folder / "pairs.lmdb", source / "pairs.lmdb"):
        with PairWriter(store) as writer:
            writer.put("clean", CLEAN)
            writer.put("hazy", HAZY)
    (folder / SOURCES_NAME).write_text(json.dumps({"src": str(source)}))
    return folder


def pair(start: str, end: str = "") -> Record:
    return record("one", HAZY, f"{start}hazy{end}", f"{start}clean{end}")


PLACES = [("pairs.lmdb#", ""), ("src/pairs.lmdb#", ""), ("images/", ".png"), ("src/deep/", ".png")]


@pytest.mark.parametrize(("start", "end"), PLACES)
def test_pixels_are_found_wherever_they_are(folder, start, end):
    asked = pair(start, end)
    with PixelStore(folder) as store:
        store.verify(asked)
        assert np.array_equal(store.degraded(asked), HAZY)
        assert np.array_equal(store.clean(asked), CLEAN)
        assert np.array_equal(store.overview(asked, 16), make_overview(HAZY, 16))
        degraded, clean = store.pair(asked)
        assert np.array_equal(degraded.pixels, HAZY)
        assert np.array_equal(clean.pixels, CLEAN)
        assert not store.degraded(asked).flags.writeable


def test_stores_are_opened_once_and_together(folder):
    with PixelStore(folder) as store:
        views = [store.degraded(pair(*place)) for place in PLACES * 2]
        assert all(np.array_equal(view, HAZY) for view in views)


def test_two_paths_to_one_file_share_a_store(folder):
    (folder / "again.lmdb").symlink_to(folder / "pairs.lmdb")
    with PixelStore(folder) as store:
        assert np.array_equal(store.degraded(pair("pairs.lmdb#")), store.degraded(pair("again.lmdb#")))


def test_an_open_store_travels_by_folder(folder):
    store = PixelStore(folder)
    store.degraded(pair("pairs.lmdb#"))
    copy = pickle.loads(pickle.dumps(store))
    store.close()
    assert np.array_equal(copy.degraded(pair("src/pairs.lmdb#")), HAZY)
    assert np.array_equal(copy.degraded(pair("pairs.lmdb#")), HAZY)


def test_closed_stores_open_again_and_let_others_write(folder):
    with PixelStore(folder) as store:
        store.degraded(pair("pairs.lmdb#"))
    with PairWriter(folder / "pairs.lmdb", resume=True) as writer:
        writer.put("hazy", CLEAN)
    assert np.array_equal(store.degraded(pair("pairs.lmdb#")), CLEAN)


def test_a_clean_image_is_read_once(folder, monkeypatch):
    from moei_toolkit.data.storage import image_file

    read, seen = image_file.read_image, []
    monkeypatch.setattr(image_file, "read_image", lambda path: seen.append(path) or read(path))
    asked = record("one", CLEAN, "images/clean.png", "images/clean.png", "clean")
    with PixelStore(folder) as store:
        degraded, clean = store.pair(asked)
        degraded.overview(16)
    assert degraded is clean
    assert seen == [folder / "images" / "clean.png"]


@pytest.mark.parametrize("value", [0, 1, 128, 129, 257, 65_406, 65_407, 65_535])
def test_sixteen_bits_become_eight_rounded(folder, value):
    cv2.imwrite(str(folder / "deep.png"), np.full((8, 9, 3), value, np.uint16))
    asked = record("one", np.full((8, 9, 3), round(value / 257), np.uint8), "deep.png", "deep.png")
    with PixelStore(folder) as store:
        assert store.degraded(asked).dtype == np.uint8
        assert (store.degraded(asked) == round(value / 257)).all()


@pytest.mark.parametrize("start", ["absent.lmdb#", "pairs.lmdb#un", "images/un", "src/un", "gone/un"])
def test_what_is_missing_is_named_with_its_record(folder, start):
    asked = pair(start, "" if "#" in start else ".png")
    missing = asked.path_raw.split("/")[-1].partition("#")[0]
    with PixelStore(folder) as store, pytest.raises(DataError, match=rf"record 'one': .*{missing}.*again"):
        store.degraded(asked)


def test_damaged_files_are_named_with_their_record(folder):
    path = folder / "images" / "hazy.png"
    path.write_bytes(path.read_bytes()[:-40])
    with PixelStore(folder) as store, pytest.raises(DataError, match=r"record 'one': .*hazy\.png.*again"):
        store.degraded(pair("images/", ".png"))


@pytest.mark.parametrize("path", ["../set/images/hazy.png", "/etc/hostname", "src/../set/pairs.lmdb#hazy"])
def test_no_record_leads_out(folder, path):
    with PixelStore(folder) as store, pytest.raises(DataError, match=r"record 'one': .*without '\.\.'"):
        store.degraded(dataclasses.replace(pair("pairs.lmdb#"), path_raw=path))


@pytest.mark.parametrize(("start", "end"), PLACES)
def test_an_image_of_another_size_is_refused(folder, start, end):
    asked = dataclasses.replace(pair(start, end), width=HAZY.shape[1] + 1)
    with (
        PixelStore(folder) as store,
        pytest.raises(DataError, match=r"record 'one': .*expected 48x33 pixels"),
    ):
        store.clean(asked)


@pytest.mark.parametrize(("start", "end"), PLACES)
def test_verifying_finds_a_changed_image(folder, start, end):
    asked = dataclasses.replace(pair(start, end), path_raw=f"{start}clean{end}")
    with (
        PixelStore(folder) as store,
        pytest.raises(DataError, match=r"record 'one': expected pixels of sha256"),
    ):
        store.verify(asked)


def test_verifying_looks_at_clean_pixels_too(folder):
    data = bytearray((folder / "pairs.lmdb").read_bytes())
    data[data.index(CLEAN.tobytes()[:64])] ^= 1
    (folder / "pairs.lmdb").write_bytes(data)
    with (
        PixelStore(folder) as store,
        pytest.raises(DataError, match=r"record 'one': .*#clean: expected crc32"),
    ):
        store.verify(pair("pairs.lmdb#"))
