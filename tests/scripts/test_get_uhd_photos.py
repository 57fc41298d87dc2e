"""Photographs come out of pretended packages whole, once each, with their licences; nothing is downloaded."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "uhd_photos"))
from jpegs import find_jpegs  # noqa: E402
from licences import find_licence  # noqa: E402
from twins import shows_same  # noqa: E402

APT_GET = """#!/bin/sh
# Notes its arguments, then downloads from $PACKAGES into the current folder.
for name; do :; done
case $* in
    *--print-uris*) echo "'http://mirror.test/debian/pool/main/l/$name.deb' $name.deb 1 SHA256:0" && exit ;;
esac
echo "apt-get $*" >> "$CALLS"
[ "$name" = update ] && exit 0
[ -d "$PACKAGES/$name" ] || { echo "E: Unable to locate package $name" >&2; exit 100; }
echo half > "${name}_1.0_all.deb"
[ -z "$BROKEN" ] || { sleep "$BROKEN"; exit 100; }
(cd "$PACKAGES/$name" && tar cf - .) > "${name}_1.0_all.deb"
"""
APT_HELPER = """#!/bin/sh
# Downloads what is in the pool of a mirror: apt-helper [-o OPTION] download-file URI FILE SHA256:DIGEST
[ "$1" = -o ] && shift 2
echo "apt-helper $2 $4" >> "$POOL"
name=${3##*/}
name=${name%%_*}
case $2 in *.test/debian/pool/main/?/*) ;; *) exit 100 ;; esac
[ -z "$BROKEN" ] || exit 100
(cd "$PACKAGES/$name" && tar cf - .) > "$3"
"""
DPKG_DEB = """#!/bin/sh
case $1 in
    -x) mkdir -p "$3" && tar xf "$2" -C "$3" ;;
    -f) echo 1.0-2 ;;
esac
"""
NOTICE = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 Somebody
License: BSD-2-clause

Files: 16.04/Bridge_by_Sander_Klootwijk.jpg
       16.04/other.jpg
Copyright: 2018 Sander Klootwijk
License: CC-BY-SA-4.0

License: BSD-2-clause
 Redistribution is permitted.
"""
SMALL = ("lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "lxqt-themes")
LARGE = ("enlightenment-data", "plasma-workspace-wallpapers", "mate-backgrounds")
POOL = ("budgie-backgrounds", "ukui-wallpapers")


def scenery(seed: int, width: int, height: int) -> Image.Image:
    """A smooth picture that no other seed resembles."""
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, **options) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=60, **options)
    return data.getvalue()


def place(packages: Path, package: str, path: str, data: bytes) -> Path:
    file = packages / package / "usr/share" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    """What the pretended apt-get downloads: photographs, and much that is none."""
    folder = tmp_path_factory.mktemp("packages")
    for package in (*SMALL, *LARGE, *POOL):
        place(folder, package, f"doc/{package}/copyright", NOTICE.encode())
    bridge, path = scenery(1, 4352, 2448), scenery(4, 2560, 1600)
    place(folder, SMALL[0], "backgrounds/Bridge_by_Sander_Klootwijk.jpg", jpeg(bridge))
    place(folder, SMALL[0], "backgrounds/umang_by_Abhishek_Mudgal.jpg", jpeg(scenery(2, 3840, 2160)))
    place(folder, SMALL[0], "backgrounds/Dragonfly_by_Bolly.jpg", jpeg(scenery(3, 4224, 3168))[:-3000])
    # The same photograph once more, cut to another shape.
    cut = bridge.crop((300, 0, 300 + 3850, 2448))
    place(folder, SMALL[1], "backgrounds/Kleiber_by_Lukas_Baubkus.jpg", jpeg(cut))
    place(folder, SMALL[2], "lxqt/wallpapers/beam.png", png(scenery(5, 2592, 1944)))
    place(folder, SMALL[2], "lxqt/wallpapers/drop.png", png(scenery(6, 1000, 700)))
    place(folder, SMALL[2], "lxqt/wallpapers/License", b"see https://creativecommons.org/licenses/by-sa/3.0/")
    sizes = [jpeg(scenery(7, *size)) for size in ((1920, 1080), (3840, 2160), (640, 360))]
    place(folder, LARGE[0], "enlightenment/Bamboo.edj", b"EET\xff\xd8\xff" + b"\0\xff".join(sizes) + b"end")
    place(folder, LARGE[0], "enlightenment/Peaks.edj", b"no picture")
    whole = place(folder, LARGE[1], "wallpapers/Path/contents/images/2560x1600.jpg", jpeg(path))
    whole.with_name("1280x800.jpg").symlink_to(whole.name)
    place(folder, LARGE[1], "wallpapers/Path/contents/screenshot.jpg", jpeg(path.resize((500, 312))))
    place(folder, LARGE[2], "backgrounds/mate/nature/Garden.jpg", jpeg(scenery(8, 2560, 1600)))
    place(folder, POOL[0], "backgrounds/budgie/canyon-wren.jpg", jpeg(scenery(9, 3840, 2160)))
    place(folder, POOL[1], "backgrounds/house.jpg", jpeg(scenery(10, 3840, 2160)))
    place(folder, POOL[1], "backgrounds/mountain.jpg", jpeg(scenery(11, 3840, 2160)))
    return folder


def png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return data.getvalue()


@pytest.fixture
def checkout(tmp_path, monkeypatch, packages) -> Path:
    """A folder that looks like a checkout to the script, and programs that pretend."""
    root = tmp_path / "check out"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    (root / "Makefile").write_text("setup:\n\t@true\n")
    programs = {
        root / ".venv/bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
        tmp_path / "bin/apt-get": APT_GET,
        tmp_path / "bin/apt-helper": APT_HELPER,
        tmp_path / "bin/dpkg-deb": DPKG_DEB,
        tmp_path / "bin/sudo": '#!/bin/sh\nexec "$@"\n',
    }
    for program, text in programs.items():
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("POOL", str(tmp_path / "pool"))
    monkeypatch.setenv("PACKAGES", str(packages))
    monkeypatch.setenv("BROKEN", "")
    monkeypatch.chdir(tmp_path)
    return root


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", root / "scripts/get_uhd_photos.sh", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def downloads() -> list[str]:
    calls = Path(os.environ["CALLS"])
    return [line.split()[-1] for line in calls.read_text().splitlines()] if calls.exists() else []


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_photographs_of_every_package_come_once_and_whole(checkout):
    done = run(checkout)
    assert done.returncode == 0, done.stderr
    out = checkout / "data/uhd_photos"
    taken = {
        "bridge-by-sander-klootwijk.jpg": (SMALL[0], "CC-BY-SA-4.0", (4352, 2448)),
        "beam.png": (SMALL[2], "CC-BY-SA-3.0", (2592, 1944)),
        "bamboo.jpg": (LARGE[0], "BSD-2-clause", (3840, 2160)),
        "path.jpg": (LARGE[1], "BSD-2-clause", (2560, 1600)),
        "garden.jpg": (LARGE[2], "BSD-2-clause", (2560, 1600)),
        "canyon-wren.jpg": (POOL[0], "BSD-2-clause", (3840, 2160)),
        "house.jpg": (POOL[1], "BSD-2-clause", (3840, 2160)),
    }
    notices = [f"copyright/{package}.txt" for package in (*SMALL, *LARGE, *POOL)]
    assert files(out) == sorted([*taken, "LICENSES.tsv", *notices])
    header, *rows = [line.split("\t") for line in (out / "LICENSES.tsv").read_text().splitlines()]
    assert header == ["file", "package", "version", "licence", "sha256"]
    assert [row[0] for row in rows] == sorted(taken)
    for name, package, version, licence, digest in rows:
        assert (package, licence) == taken[name][:2]
        assert version == "1.0-2"
        assert digest == hashlib.sha256((out / name).read_bytes()).hexdigest()
        with Image.open(out / name) as image:
            image.load()
            assert image.size == taken[name][2]
    assert "Kleiber_by_Lukas_Baubkus: is there already, as bridge-by-sander-klootwijk.jpg" in done.stdout
    assert "creativecommons.org" in (out / "copyright/lxqt-themes.txt").read_text()
    assert done.stdout.endswith(f"7 photographs in {out}\n")


def test_only_what_is_missing_is_fetched_and_what_lies_there_is_kept(checkout):
    out = checkout.parent / "my photos"
    assert run(checkout, "--small", str(out)).returncode == 0
    bridge, beam = out / "bridge-by-sander-klootwijk.jpg", out / "beam.png"
    before = [file.stat().st_mtime_ns for file in (bridge, beam)]
    first = downloads()
    assert first == list(SMALL)
    assert run(checkout, "--small", str(out)).returncode == 0
    assert downloads()[len(first) :] == [SMALL[1]], "all of the others is there"
    bridge.unlink()
    table = (out / "LICENSES.tsv").read_text()
    assert run(checkout, "--small", str(out)).returncode == 0
    assert SMALL[0] in downloads()[len(first) + 1 :]
    assert bridge.stat().st_mtime_ns > before[0]
    assert beam.stat().st_mtime_ns == before[1]
    assert (out / "LICENSES.tsv").read_text() == table


def test_a_broken_download_leaves_nothing_half_and_says_what_to_do(checkout, monkeypatch):
    monkeypatch.setenv("BROKEN", "0")
    done = run(checkout, "--small", "out")
    assert done.returncode == 1
    assert f"could not download {' '.join(SMALL)}" in done.stderr
    assert "sudo apt-get update" in done.stderr
    assert list(Path("out").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "mirror"),
    [
        ([], "http://mirror.test/debian"),
        (["--mirror", "http://other.test/debian/"], "http://other.test/debian"),
        (["--mirror", "http://other.test/ubuntu"], None),
    ],
)
def test_packages_of_other_releases_come_from_a_mirror_by_their_hashes(checkout, options, mirror):
    done = run(checkout, *options, "out")
    calls = [line.split()[1:] for line in Path(os.environ["POOL"]).read_text().splitlines()]
    assert [uri.rpartition("/")[2].partition("_")[0] for uri, _ in calls] == list(POOL)
    assert all(re.fullmatch("SHA256:[0-9a-f]{64}", digest) for _, digest in calls)
    assert Path("out/house.jpg").is_file() == (mirror is not None)
    if mirror is None:
        assert done.returncode == 1
        assert f"error: {' '.join(POOL)}: not in the pool of the mirror" in done.stderr
        assert "could not download" not in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert all(uri.startswith(f"{mirror}/pool/main/") for uri, _ in calls)


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_call_is_cleaned_up_after(checkout, monkeypatch, kind):
    monkeypatch.setenv("BROKEN", "100")
    script = ["bash", checkout / "scripts/get_uhd_photos.sh", "--small", "out"]
    killed = subprocess.Popen(script, stdout=subprocess.DEVNULL, start_new_session=True)
    while not list(Path().glob("out/.fetching.*/*.deb")):
        assert killed.poll() is None
        time.sleep(0.02)
    other = run(checkout, "--small", "out")
    assert other.returncode == 1
    assert "is being filled by another call" in other.stderr
    os.killpg(killed.pid, kind)
    killed.wait()
    monkeypatch.setenv("BROKEN", "")
    assert run(checkout, "--small", "out").returncode == 0
    assert not list(Path("out").glob(".*"))
    assert Path("out/beam.png").is_file()


def test_a_photograph_that_was_half_copied_is_copied_anew(checkout):
    half = Path("out/.tmp-beam.png-0123456789ab")
    half.parent.mkdir()
    half.write_bytes(b"half")
    assert run(checkout, "--small", "out").returncode == 0
    assert not half.exists()
    assert Path("out/beam.png").is_file()


def test_package_lists_are_refreshed_only_when_asked(checkout):
    assert run(checkout, "--small", "out").returncode == 0
    assert "update" not in downloads()
    assert run(checkout, "--small", "--update", "out").returncode == 0
    assert "update" in downloads()


def test_elsewhere_it_says_what_to_do(checkout, monkeypatch):
    bare = checkout.parent / "bare"
    bare.mkdir()
    for name in ("bash", "dirname"):
        (bare / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(bare))
    done = run(checkout, "--small")
    assert done.returncode == 1
    assert "needs apt-get and dpkg-deb" in done.stderr
    assert "--layout clean_photos --root FOLDER" in done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["one", "two"], ["--mirror"]])
def test_wrong_usage(checkout, arguments):
    done = run(checkout, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: scripts/get_uhd_photos.sh ")
    assert run(checkout, "--help").stdout == done.stderr
    assert downloads() == []


def test_a_table_of_another_kind_is_refused(checkout):
    Path("out").mkdir()
    Path("out/LICENSES.tsv").write_text("my own notes\n")
    done = run(checkout, "--small", "out")
    assert done.returncode == 1
    assert "expected a table with the columns" in done.stderr
    assert Path("out/LICENSES.tsv").read_text() == "my own notes\n"
    assert downloads() == []


def test_photographs_of_somebody_else_are_kept_and_get_no_licence(checkout):
    Path("out").mkdir()
    mine = jpeg(scenery(20, 80, 60))
    Path("out/house.jpg").write_bytes(mine)
    done = run(checkout, "out")
    assert done.returncode == 0, done.stderr
    assert "house: another house.jpg is there, and is kept" in done.stdout
    assert Path("out/house.jpg").read_bytes() == mine
    assert "house.jpg" not in Path("out/LICENSES.tsv").read_text()


def test_a_broken_picture_beside_the_photographs_is_named(checkout):
    Path("out").mkdir()
    Path("out/broken.jpg").write_bytes(b"junk")
    done = run(checkout, "out")
    assert done.returncode != 0
    assert "out/broken.jpg: cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_jpegs_are_found_whole_whatever_is_around_and_inside(options):
    thumbnail = jpeg(scenery(0, 32, 24))
    first = jpeg(scenery(1, 320, 200), comment=b"an end \xff\xd9 and a start \xff\xd8\xff", **options)
    second = jpeg(scenery(2, 90, 60), exif=b"Exif\0\0" + thumbnail, **options)
    data = b"\xff\xd8\xffno" + first + bytes(7) + second + thumbnail[:-2]
    found = [(pixels, data[start:end]) for pixels, start, end in find_jpegs(data)]
    assert found == [(320 * 200, first), (90 * 60, second)]
    assert list(find_jpegs(second)) == [(90 * 60, 0, len(second))]


def test_crops_of_one_photograph_are_the_same_and_others_are_not():
    def gray(image: Image.Image) -> np.ndarray:
        return np.asarray(image.convert("L"), np.float32)

    whole = scenery(1, 256, 144)
    for box in ((30, 0, 222, 144), (0, 20, 256, 130), (0, 0, 256, 144)):
        assert shows_same(gray(whole), gray(whole.crop(box)))
        assert shows_same(gray(whole.crop(box)), gray(whole.resize((512, 288))))
    assert not any(shows_same(gray(whole), gray(scenery(seed, 256, 144))) for seed in range(2, 20))
    flat = np.full((144, 256), 7, np.float32)
    assert not shows_same(gray(whole), flat)


@pytest.mark.parametrize(
    ("path", "licence"),
    [
        ("/usr/share/backgrounds/Bridge_by_Sander_Klootwijk.jpg", "CC-BY-SA-4.0"),
        ("/usr/share/backgrounds/other.jpg", "CC-BY-SA-4.0"),
        ("/usr/share/backgrounds/another.jpg", "BSD-2-clause"),
    ],
)
def test_the_last_paragraph_that_covers_a_file_states_its_licence(path, licence):
    assert find_licence(NOTICE, "", path) == licence
    assert find_licence("no such format", "", path) == ""
