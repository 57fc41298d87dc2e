"""Photographs are divided into those to learn from and those to test on, in the sizes that are promised."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from moei_toolkit.artifact.sums import read_sums
from moei_toolkit.errors import DataError
from moei_toolkit.io.hashing import sha256_file

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "reference_photos.py"
UHD = (3840, 2160)


def divide(photos: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(photos), str(out), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def put(path: Path, width: int, height: int) -> None:
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(path)


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: Image.open(path).size for path in sorted(folder.iterdir())}


def test_every_third_large_photograph_is_for_testing_and_the_others_come_in_three_sizes(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    large = {"a": (4320, 2200), "b": (3840, 2160), "bb": (3840, 2400), "d": (3900, 2400)}
    for name, (width, height) in dict(large, c=(3840, 2159)).items():
        put(photos / f"{name}.jpg", width, height)
    (photos / "LICENSES.tsv").write_text("no photograph")
    done = divide(photos, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 photographs to test on, 3 to learn from\n"
    assert sizes(tmp_path / "out" / "test") == {"a.png": (3840, 2160), "d.png": (3840, 2160)}
    assert sizes(tmp_path / "out" / "uhd") == {
        "b.jpg": (3840, 2160),
        "bb.jpg": (3840, 2400),
        "c.jpg": (3840, 2159),
    }
    assert sizes(tmp_path / "out" / "hd") == {
        "b.png": (1920, 1080),
        "bb.png": (1728, 1080),
        "c.png": (1921, 1080),
    }
    assert sizes(tmp_path / "out" / "sd") == {
        "b.png": (853, 480),
        "bb.png": (768, 480),
        "c.png": (854, 480),
    }
    assert (tmp_path / "out" / "uhd" / "b.jpg").read_bytes() == (photos / "b.jpg").read_bytes()


def content(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in files
    }


def test_what_is_there_is_kept_and_what_has_changed_is_not(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    put(photos / "a.png", *UHD)
    put(photos / "b.png", 40, 30)
    assert divide(photos, out).returncode == 0
    before = content(out)
    assert divide(photos, out).returncode == 0
    assert content(out) == before
    put(photos / "b.png", 80, 30)
    assert divide(photos, out).returncode == 0
    assert {name for name, value in content(out).items() if value != before[name]} == {
        "uhd/b.png",
        "hd/b.png",
        "sd/b.png",
    }


def test_no_photograph_is_learnt_from_that_an_earlier_division_tests_on(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    put(photos / "b.png", *UHD)
    assert divide(photos, out).returncode == 0
    before = content(out)
    put(photos / "a.png", *UHD)
    done = divide(photos, out)
    assert done.returncode == DataError.exit_code
    assert f"error: {out}/test/b.png: not of this division, but of one of other photographs" in done.stderr
    assert content(out) == before


def test_other_photographs_than_those_of_the_published_figures_are_told(tmp_path):
    photos, sums = tmp_path / "photos", tmp_path / "photos.sha256"
    photos.mkdir()
    for name in "ab":
        put(photos / f"{name}.png", *UHD)
    sums.write_text("".join(f"{sha256_file(path)}  {path.name}\n" for path in sorted(photos.iterdir())))
    assert divide(photos, tmp_path / "out", "--sums", str(sums)).stderr == ""
    put(photos / "b.png", 40, 30)
    put(photos / "c.png", 40, 30)
    done = divide(photos, tmp_path / "others", "--sums", str(sums))
    assert done.returncode == 0
    assert done.stderr.startswith(f"warning: 2 photographs are not those of {sums}, such as b.png; ")


def test_published_hashes_are_of_photographs_that_the_script_gets():
    listed = read_sums(ROOT / "configs" / "data" / "reference" / "photos.sha256")
    script = (ROOT / "scripts" / "get_uhd_photos.sh").read_text(encoding="utf-8")
    gotten = re.sub(r"[^a-z0-9\s\"]+", "-", script.split("packages=(")[1].split("\n)")[0].lower())
    assert {Path(name).stem for name in listed} <= set(re.findall(r"[\w-]+", gotten))
    assert len(listed) == len(set(listed.values()))


def test_a_photograph_that_is_turned_is_divided_as_it_is_seen(tmp_path):
    photos, turned = tmp_path / "photos", Image.Exif()
    photos.mkdir()
    turned[0x0112] = 6
    put(photos / "a.png", *UHD)
    Image.new("RGB", UHD).save(photos / "b.jpg", exif=turned)  # upright: 2160x3840
    Image.new("RGB", UHD[::-1]).save(photos / "c.jpg", exif=turned)  # upright: 3840x2160
    put(photos / "d.png", *UHD)
    put(photos / "e.png", *UHD)
    assert divide(photos, tmp_path / "out").returncode == 0
    assert sorted(sizes(tmp_path / "out" / "test")) == ["a.png", "e.png"]
    assert sizes(tmp_path / "out" / "sd") == {"b.png": (270, 480), "c.png": (853, 480), "d.png": (853, 480)}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda photos: (photos / "a.png").unlink(),
            ": expected photographs, found none; run scripts/get_uhd",
        ),
        (lambda photos: shutil.rmtree(photos), ": expected photographs, found none; run scripts/get_uhd"),
        (
            lambda photos: put(photos / "a.png", 3840, 2159),
            ": expected photographs of 3840x2160 or more to test",
        ),
        (
            lambda photos: put(photos / "a.jpg", 40, 30),
            "/a.png: expected a name of its own, got that of a.jpg",
        ),
        (lambda photos: (photos / "b.jpg").write_bytes(b"half"), "/b.jpg: cannot be read: "),
        (
            lambda photos: (photos / "a.png").write_bytes((photos / "a.png").read_bytes()[:500]),
            "/a.png: cannot be read: ",
        ),
    ],
    ids=["none", "no folder", "small", "twins", "foreign", "truncated"],
)
def test_what_cannot_be_divided_is_told(tmp_path, spoil, said):
    photos = tmp_path / "photos"
    photos.mkdir()
    put(photos / "a.png", *UHD)
    spoil(photos)
    done = divide(photos, tmp_path / "out")
    assert done.returncode == DataError.exit_code
    assert done.stderr.startswith(f"error: {photos}{said}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("argument", ["--small", "elsewhere"])
def test_what_the_script_of_all_data_does_not_know_is_refused(argument):
    command = ["bash", str(SCRIPT.with_name("get_reference_data.sh")), argument]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/bin:/usr/bin"}, check=False)
    assert done.returncode == 2
    assert done.stderr == f"error: expected --update or --mirror URL, got {argument}; see --help\n"
