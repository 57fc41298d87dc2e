"""Photographs are divided into those to learn from and those to test on, in the sizes that are promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "scripts" / "reference_photos.py"


def divide(photos: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(photos), str(out)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def put(path: Path, width: int, height: int) -> None:
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(path)


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: Image.open(path).size for path in sorted(folder.iterdir())}


def test_every_second_large_photograph_is_for_testing_and_the_others_come_in_three_sizes(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, width, height in (("a", 4320, 2200), ("b", 3840, 2160), ("c", 3840, 2159), ("d", 3900, 2400)):
        put(photos / f"{name}.jpg", width, height)
    (photos / "LICENSES.tsv").write_text("no photograph")
    done = divide(photos, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 photographs to test on, 2 to learn from\n"
    assert sizes(tmp_path / "out" / "test") == {"a.png": (3840, 2160), "d.png": (3840, 2160)}
    assert sizes(tmp_path / "out" / "uhd") == {"b.jpg": (3840, 2160), "c.jpg": (3840, 2159)}
    assert sizes(tmp_path / "out" / "hd") == {"b.png": (1920, 1080), "c.png": (1921, 1080)}
    assert sizes(tmp_path / "out" / "sd") == {"b.png": (853, 480), "c.png": (854, 480)}
    assert (tmp_path / "out" / "uhd" / "b.jpg").read_bytes() == (photos / "b.jpg").read_bytes()


def test_a_folder_without_photographs_is_told(tmp_path):
    done = divide(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path}: expected photographs, found none; ")
    assert not (tmp_path / "out").exists()
