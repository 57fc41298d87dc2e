"""Frames that one camera took within moments are one capture; other photographs are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from disk_layout import order, picture
from PIL import Image

from moei_toolkit.data.preparation.checking.perceptual_hash import hash_to_text
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.data.preparation.splitting.bursts import find_bursts, when_taken
from moei_toolkit.data.records import read_records
from moei_toolkit.io.reporter import SilentReporter


def photograph(path, pixels: np.ndarray, taken: str, model: str = "X100") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[271], exif[272] = "Fuji", model
    exif.get_ifd(0x8769)[36867] = taken
    Image.fromarray(pixels).save(path, exif=exif)


def moved(seed: int, columns: int) -> np.ndarray:
    large = cv2.resize(picture(seed), (448, 384), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(large[:, columns : columns + 400])


def test_camera_and_time_are_read(tmp_path):
    photograph(tmp_path / "a.jpg", picture(0), "2024:05:01 12:00:03")
    assert when_taken(tmp_path / "a.jpg") == "Fuji X100 at 2024:05:01 12:00:03"
    photograph(tmp_path / "b.jpg", picture(0), "yesterday")
    Image.fromarray(picture(0)).save(tmp_path / "c.png")
    (tmp_path / "d.jpg").write_bytes(b"damaged")
    assert [when_taken(tmp_path / name) for name in ("b.jpg", "c.png", "d.jpg")] == ["", "", ""]


@pytest.mark.parametrize(
    ("one", "other", "bits", "linked"),
    [
        ("A at 2024:05:01 12:00:03", "A at 2024:05:01 12:00:05", 20, True),
        ("A at 2024:05:01 12:00:03", "A at 2024:05:01 12:00:06", 0, False),
        ("A at 2024:05:01 12:00:03", "B at 2024:05:01 12:00:03", 0, False),
        ("A at 2024:05:01 12:00:03", "A at 2024:05:01 12:00:03", 21, False),
        ("", "", 0, False),
    ],
)
def test_what_is_a_burst(one, other, bits, linked):
    hashes = [hash_to_text(np.uint64(0)), hash_to_text(np.uint64(2**bits - 1))]
    found = list(find_bursts(zip((one, other), hashes, strict=True)))
    assert found == ([(0, 1)] if linked else [])


def test_frames_with_another_between_them_are_one_burst():
    hashes = [hash_to_text(np.uint64(value)) for value in (0, 2**64 - 1, 1)]
    assert list(find_bursts((f"A at 2024:05:01 12:00:0{n}", text) for n, text in enumerate(hashes))) == [
        (0, 2)
    ]


def test_frames_of_a_burst_share_a_split(tmp_path):
    for number in range(10):
        for frame in range(3):
            name = f"n{number:02}-{frame}.jpg"
            taken = f"2024:05:01 {number:02}:00:0{frame}"
            photograph(tmp_path / "root" / "clean" / name, moved(number, 10 * frame), taken)
    (tmp_path / "root" / "haze").mkdir()
    prepare(order(tmp_path / "root"), tmp_path / "out", SilentReporter())
    splits: dict[str, set[tuple[str, str]]] = {}
    for record in read_records(tmp_path / "out" / "meta.jsonl"):
        splits.setdefault(record.scene_id[:3], set()).add((record.split, record.capture_id))
    assert len(splits) == 10
    assert all(len(found) == 1 for found in splits.values())
    assert len({split for found in splits.values() for split, _ in found}) == 5
