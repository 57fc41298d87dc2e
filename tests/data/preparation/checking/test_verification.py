"""Every file that cannot be used is refused with a reason; every other one is read right, with remarks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from damaged_files import DROPPED, REMARK, deep, encoded, make_damaged, picture
from PIL import Image, ImageOps

from moei_toolkit.data.preparation.checking.verification import check_sizes, read_checked
from moei_toolkit.errors import DataError, ImageError
from moei_toolkit.io.images.pixels import to_eight_bits

READ_ALL = """
import json, os, sys
from pathlib import Path
from moei_toolkit.data.preparation.checking.verification import read_checked
from moei_toolkit.errors import DataError

def look(path):
    try:
        return ["remark", *read_checked(path).remarks]
    except DataError as error:
        return ["dropped", str(error).removeprefix(f"{path}: ")]

def peak():
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmHWM:")[1].split()[0]) if status.exists() else 0

before = peak()
seen = {name: look(Path(sys.argv[1], name)) for name in sorted(os.listdir(sys.argv[1]))}
print(json.dumps({"seen": seen, "grown": peak() - before}))
"""


def test_two_hundred_damaged_files(tmp_path: Path):
    fates = make_damaged(tmp_path / "files")
    assert len(fates) == 200
    assert set(fates.values()) == {DROPPED, REMARK}
    code = [sys.executable, "-W", "error", "-c", READ_ALL, str(tmp_path / "files")]
    done = subprocess.run(code, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert {path.name: fate for path, fate in fates.items()} == {
        name: fate for name, (fate, *_) in found["seen"].items()
    }
    for reasons in found["seen"].values():
        assert len(reasons) > 1
        assert all(reason.isprintable() and len(reason) > 10 for reason in reasons[1:])
        assert not any("Error" in reason or "Traceback" in reason for reason in reasons)
    assert found["grown"] < 250_000  # KiB; the smallest of the huge ones would take 10,000,000


def test_damage_is_the_same_for_a_seed(tmp_path: Path):
    first, second, other = (make_damaged(tmp_path / str(n), 12, seed) for n, seed in enumerate((3, 3, 4)))

    def contents(made: dict[Path, str]) -> list[bytes]:
        return [path.read_bytes() for path in made]

    assert contents(first) == contents(second) != contents(other)


GOOD = {
    "rgb.png": ("PNG", "RGB", {}),
    "palette.png": ("PNG", "P", {}),
    "gray.png": ("PNG", "L", {}),
    "opaque.png": ("PNG", "RGBA", {}),
    "x.jpg": ("JPEG", "RGB", {"quality": 90}),
    "sampled.jpeg": ("JPEG", "RGB", {"quality": 70, "subsampling": 2}),
    "progressive.jpg": ("JPEG", "RGB", {"progressive": True}),
    "gray.jpg": ("JPEG", "L", {}),
    "raw.tif": ("TIFF", "RGB", {}),
    "lzw.TIFF": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    "jpeg.tif": ("TIFF", "RGB", {"compression": "jpeg"}),
    "lossy.webp": ("WEBP", "RGB", {}),
    "lossless.webp": ("WEBP", "RGB", {"lossless": True}),
    "x.bmp": ("BMP", "RGB", {}),
}


@pytest.mark.parametrize("name", GOOD)
def test_pixels_are_those_of_pillow(tmp_path: Path, name: str):
    kind, mode, options = GOOD[name]
    path = tmp_path / name
    path.write_bytes(encoded(kind, np.random.default_rng(1), mode, **options))
    checked = read_checked(path)
    np.testing.assert_array_equal(checked.pixels, np.asarray(Image.open(path).convert("RGB")))
    assert checked.pixels.dtype == np.uint8
    assert checked.pixels.flags.c_contiguous
    assert len(checked.remarks) == (mode in ("L", "RGBA"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", [2, 6, 8])
def test_turned_photographs_become_upright(tmp_path: Path, kind: str, orientation: int):
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"x.{kind.lower()}"
    path.write_bytes(encoded(kind, np.random.default_rng(1), exif=exif))
    checked = read_checked(path)
    np.testing.assert_array_equal(checked.pixels, np.asarray(ImageOps.exif_transpose(Image.open(path))))
    (remark,) = checked.remarks
    assert f"orientation ({orientation})" in remark


@pytest.mark.parametrize("orientation", [0, 1, 9, 65535])
def test_an_orientation_that_is_none(tmp_path: Path, orientation: int):
    exif = Image.Exif()
    exif[274] = orientation
    (tmp_path / "x.jpg").write_bytes(encoded("JPEG", np.random.default_rng(1), exif=exif))
    checked = read_checked(tmp_path / "x.jpg")
    assert checked.pixels.shape == picture(np.random.default_rng(1)).shape
    assert checked.remarks == ()


def test_sixteen_bits_are_rounded(tmp_path: Path):
    every = np.arange(2**16, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(to_eight_bits(every), np.floor(every / 257 + 0.5))
    (tmp_path / "x.png").write_bytes(deep(".png", np.random.default_rng(1)))
    pixels = picture(np.random.default_rng(1), depth=16)[..., ::-1]
    np.testing.assert_array_equal(read_checked(tmp_path / "x.png").pixels, np.floor(pixels / 257 + 0.5))


def test_several_remarks(tmp_path: Path):
    (tmp_path / "x.jpg").write_bytes(deep(".png", np.random.default_rng(1), channels=1))
    kind, bits, gray = read_checked(tmp_path / "x.jpg").remarks
    assert "PNG file" in kind
    assert "16 bits" in bits
    assert "gray" in gray


def test_photographs_with_previews_are_photographs(tmp_path: Path):
    first, second = (Image.fromarray(picture(np.random.default_rng(n))) for n in (1, 2))
    first.save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=[second])
    assert read_checked(tmp_path / "x.jpg").remarks == ()


def test_sizes_are_bounded(tmp_path: Path):
    path = tmp_path / "x.png"
    path.write_bytes(encoded("PNG", np.random.default_rng(1)))
    assert read_checked(path, max_pixels=104 * 80, min_side=80).pixels.shape == (80, 104, 3)
    with pytest.raises(ImageError, match=r"x\.png: 104x80 pixels.*sides of at least 81"):
        read_checked(path, min_side=81)
    with pytest.raises(ImageError, match=r"x\.png: 104x80 pixels.*at most 8,319"):
        read_checked(path, max_pixels=104 * 80 - 1)


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((30, 40), "resized to 50%"),
        ((120, 160), "resized to 200%"),
        ((80, 60), "turned by a quarter"),
        ((58, 80), "borders"),
        ((60, 40), "same frame"),
    ],
)
def test_sizes_that_differ_are_explained(size: tuple[int, int], reason: str):
    clean = np.zeros((60, 80, 3), np.uint8)
    check_sizes(clean, clean)
    with pytest.raises(DataError, match=rf"{size[1]}x{size[0]} pixels and the clean one 80x60.*{reason}"):
        check_sizes(clean, np.zeros((*size, 3), np.uint8))
