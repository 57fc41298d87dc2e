"""What other decoders paint over is refused, read whole or strip by strip, and nothing goes to stderr."""

from __future__ import annotations

import errno
import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from image_files import chunk, noise, png, rows_of
from PIL import Image

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.photograph import open_photograph
from moei_toolkit.io.images.reading import read_image

HEIGHT, WIDTH = 64, 80


def soft() -> np.ndarray:
    return cv2.resize(noise(8, 10, 3), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def jpeg(**options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(soft()).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def whole_png() -> bytes:
    return png(WIDTH, HEIGHT, 8, 2, rows_of(soft()))


def changed(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def stored(raw: bytes) -> bytes:
    """A PNG whose checksums of chunks are right whatever is in it."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", raw) + chunk(b"IEND", b"")


def wrong_restart() -> bytes:
    data = jpeg(restart_marker_rows=1)
    return data.replace(b"\xff\xd2", b"\xff\xd5", 1)


PACKED = zlib.compress(rows_of(soft()), 0)
DAMAGED = {
    "over-early.jpg": jpeg()[: len(jpeg()) * 2 // 3] + b"\xff\xd9",
    "over-early-progressive.jpg": jpeg(progressive=True)[: len(jpeg(progressive=True)) // 2] + b"\xff\xd9",
    "wrong-restart.jpg": wrong_restart(),
    "no-end.jpg": jpeg()[:-2],
    "checksum.png": changed(whole_png(), len(whole_png()) - 13),
    "stored.png": stored(changed(PACKED, len(PACKED) // 2)),
    "rows-missing.png": png(WIDTH, HEIGHT + 1, 8, 2, rows_of(soft())),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_half_a_photograph_is_none(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(DAMAGED[name])
    for read in (read_image, read_by_strips):
        with pytest.raises(ImageError, match=rf"{name}: damaged or truncated: \w"):
            read(path)


@pytest.mark.parametrize("behind", [b"\0" * 4096, b"\xff\xd8\xff\xe0 and more", jpeg()])
@pytest.mark.parametrize("name", ["x.png", "x.jpg"])
def test_what_follows_a_photograph_does_not_matter(tmp_path: Path, name: str, behind: bytes):
    path, content = tmp_path / name, whole_png() if name == "x.png" else jpeg()
    path.write_bytes(content + behind)
    expected = np.asarray(Image.open(BytesIO(content)))
    np.testing.assert_array_equal(read_image(path).pixels, expected)
    np.testing.assert_array_equal(read_by_strips(path), expected)


def read_by_strips(path: Path) -> np.ndarray:
    photo = open_photograph(path, whole_pixels=0)
    with photo.pixels() as source:
        return source.rows(0, photo.height)


@pytest.mark.parametrize("compression", ["lzma", "zstd"])
def test_compressions_that_libvips_may_not_know(tmp_path: Path, compression: str):
    try:
        Image.fromarray(soft()).save(tmp_path / "x.tif", compression=compression)
    except OSError:
        pytest.skip("this Pillow cannot write it either")
    np.testing.assert_array_equal(read_image(tmp_path / "x.tif").pixels, soft())
    Image.fromarray(noise(5, 7, depth=16)).save(tmp_path / "deep.tif", compression=compression)
    with pytest.raises(ImageError, match=r"deep\.tif.*rare compression"):
        read_image(tmp_path / "deep.tif")


@pytest.mark.parametrize("orientation", [1, 6])
def test_tiles_of_separate_planes_which_libvips_does_not_know(tmp_path: Path, orientation: int):
    path, tags = tmp_path / "x.tif", [(274, 3, 1, orientation, True)]
    planes = np.moveaxis(soft(), -1, 0)
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate", tile=(16, 16), extratags=tags)
    expected = soft() if orientation == 1 else np.rot90(soft(), 3)
    np.testing.assert_array_equal(read_image(path).pixels, expected)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ImageError, match="damaged or truncated"):
        read_image(path)


def test_opacity_that_a_tiff_does_not_announce(tmp_path: Path):
    for name, pixels in (("x.tif", noise(5, 7, 4)), ("deep.tif", noise(5, 7, 4, depth=16))):
        cv2.imwrite(str(tmp_path / name), pixels)
        loaded = read_image(tmp_path / name)
        np.testing.assert_array_equal(loaded.pixels, pixels[..., 2::-1])
        np.testing.assert_array_equal(loaded.alpha, pixels[..., 3])


def test_what_the_disk_refuses(tmp_path: Path, monkeypatch):
    path = tmp_path / "x.png"
    path.write_bytes(whole_png())

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageError, match=r"x\.png: cannot be read: Input/output error"):
        read_image(path)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"GIF89a" + bytes(20), "a GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "a HEIC"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
    ],
)
def test_what_it_is_instead(tmp_path: Path, content: bytes, name: str):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ImageError, match=rf"x\.png: {name}.*expected one of PNG, JPEG"):
        read_image(tmp_path / "x.png")


def test_a_link_to_nowhere(tmp_path: Path):
    (tmp_path / "x.png").symlink_to("gone.png")
    with pytest.raises(ImageError, match=r"x\.png: a link to gone\.png, which is not there"):
        read_image(tmp_path / "x.png")


READ = """
import sys
from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.reading import read_image
for path in sys.argv[1:]:
    try:
        print(read_image(path).pixels.shape)
    except ImageError:
        print("refused")
"""


def test_libraries_do_not_complain_on_their_own(tmp_path: Path):
    profile = chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(b"no profile"))
    deep = noise(HEIGHT, WIDTH, 3, depth=16)
    contents = {
        **DAMAGED,
        "profile.png": png(WIDTH, HEIGHT, 16, 2, rows_of(deep), profile),
        "time.png": png(WIDTH, HEIGHT, 8, 2, rows_of(soft()), chunk(b"tIME", b"x")),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    tags = [(42112, 2, 0, "metadata", True), (65000, 3, 1, 7, True)]
    tifffile.imwrite(tmp_path / "tags.tif", deep, photometric="rgb", extratags=tags)
    cv2.imwrite(str(tmp_path / "opacity.tif"), noise(5, 7, 4, depth=16))
    Image.fromarray(soft()).save(tmp_path / "flipped.tif", compression="tiff_deflate")
    whole = (tmp_path / "flipped.tif").read_bytes()
    (tmp_path / "flipped.tif").write_bytes(changed(whole, len(whole) // 2))
    paths = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run([sys.executable, "-c", READ, *paths], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.split("\n").count("refused") == len(DAMAGED) + 1
