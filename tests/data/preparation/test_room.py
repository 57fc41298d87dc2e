"""What pixels take is known before the first is written."""

from __future__ import annotations

import os
from collections import namedtuple

import pytest
from disk_layout import add_pair, order, picture, save

from moei_toolkit.data.preparation import room
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.errors import StoreError
from moei_toolkit.io.reporter import SilentReporter

Usage = namedtuple("Usage", "total used free")


class Listening(SilentReporter):
    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture
def pairs(tmp_path):
    for number in range(12):
        add_pair(tmp_path / "root", f"s{number:02}", number)
    return tmp_path / "root"


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(room.shutil, "disk_usage", lambda folder: Usage(100, 0, 100))
    with pytest.raises(StoreError, match=r"room for .* GiB of pixels, got 0.00 GiB.*storage=files"):
        prepare(order(pairs), tmp_path / "out", SilentReporter())
    assert not (tmp_path / "out" / "meta.jsonl").exists()
    prepare(order(pairs, storage="files"), tmp_path / "files", SilentReporter())


def test_what_it_says_is_what_is_stored(pairs, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(room, "stored_bytes", lambda height, width: asked.append((height, width)) or 2**30)
    log = Listening()
    prepare(order(pairs), tmp_path / "out", log)
    assert len(asked) == 24
    assert any("12 scenes take 24.00 GiB or more" in line for line in log.said)
    (pairs / "haze" / "s01.png").write_bytes(b"damaged")
    save(pairs / "clean" / "s02.png", picture(77))
    os.utime(pairs / "haze" / "s02.png", ns=(1, 1))
    asked.clear()
    prepare(order(pairs), tmp_path / "out", log)
    assert len(asked) == 3  # two scenes are new, and one of their files is none
