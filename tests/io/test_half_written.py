"""What a killed writer left is told from what is being written."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import numpy as np
from PIL import Image

from moei_toolkit.io import atomic
from moei_toolkit.io.atomic import beside
from moei_toolkit.io.half_written import remove_abandoned
from moei_toolkit.io.images.encoding.rows import encode_rows
from moei_toolkit.io.images.loaded_image import LoadedImage


def test_only_what_was_left_of_this_file_is_removed(tmp_path: Path):
    left, other = beside(tmp_path / "a.png"), beside(tmp_path / "b.png")
    for path in (left, other, tmp_path / "a.png"):
        path.write_bytes(b"half")
    remove_abandoned(tmp_path / "a.png")
    assert sorted(tmp_path.iterdir()) == sorted([other, tmp_path / "a.png"])


def test_a_picture_that_is_being_written_stays(tmp_path: Path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    found: list[int] = []

    def rows() -> Iterator[tuple[int, np.ndarray]]:
        for top in range(0, 40, 10):
            remove_abandoned(tmp_path / "out.png")
            found.append(len(list(tmp_path.iterdir())))
            yield top, pixels[top : top + 10]

    encode_rows(tmp_path / "out.png", rows(), LoadedImage(pixels))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), pixels)
    assert found == [1, 1, 1, 1]


def test_a_whole_picture_stays_until_it_has_its_name(tmp_path: Path, monkeypatch):
    path, pixels = tmp_path / "out.png", np.zeros((4, 3, 3), np.uint8)
    synced: list[Path] = []

    def sync_slowly(temporary: Path) -> None:
        remove_abandoned(path)  # as another process would, which restores into the same folder
        synced.append(temporary)

    monkeypatch.setattr(atomic, "fsync_file", sync_slowly)
    encode_rows(path, [(0, pixels)], LoadedImage(pixels))
    assert synced[0].name.startswith(".tmp-out.png-")
    assert [file.name for file in tmp_path.iterdir()] == ["out.png"]


def test_long_names_that_begin_alike_are_of_different_files(tmp_path: Path):
    left = beside(tmp_path / f"{'b' * 150}1.png")
    left.write_bytes(b"half")
    remove_abandoned(tmp_path / f"{'b' * 150}2.png")
    assert left.is_file()
    remove_abandoned(tmp_path / f"{'b' * 150}1.png")
    assert not left.exists()


def test_where_there_are_no_locks_nothing_is_removed(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", Mock(side_effect=OSError("no locks here")))
    left = beside(tmp_path / "a.png")
    left.write_bytes(b"half")
    remove_abandoned(tmp_path / "a.png")
    assert left.is_file()


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path):
    remove_abandoned(tmp_path / "none" / "a.png")
