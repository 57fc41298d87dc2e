"""What pixels take is known before the first is written."""

from __future__ import annotations

from collections import namedtuple

import pytest
from disk_layout import add_pair, order, picture, save
from PIL import Image

from moei_toolkit.data.preparation.keeping import room
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
    assert any("24 files take about 24.00 GiB" in line for line in log.said)
    add_pair(pairs, "new", 50)
    (pairs / "haze" / "new.png").write_bytes(b"damaged")
    save(pairs / "clean" / "s02.png", picture(77))
    asked.clear()
    prepare(order(pairs), tmp_path / "out", log)
    assert len(asked) == 1  # one scene is new, and one of its files is none


def test_what_a_header_claims_is_believed_within_limits(pairs, tmp_path, monkeypatch):
    Image.new("1", (20_000, 20_000)).save(pairs / "clean" / "huge.png")
    save(pairs / "haze" / "huge.png", picture(1))
    asked = []
    monkeypatch.setattr(room, "stored_bytes", lambda height, width: asked.append((height, width)) or 1)
    prepared = prepare(order(pairs), tmp_path / "out", SilentReporter())
    assert (20_000, 20_000) not in asked
    assert prepared.dropped == 2
