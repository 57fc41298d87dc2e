"""What is written while its rows arrive is what is written at once; and there is never half of it."""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from image_files import RGB_PROFILE, noise
from PIL import Image

from moei_toolkit.errors import ImageError, StoreError
from moei_toolkit.io.atomic import LEFTOVER_PREFIX, remove_leftovers
from moei_toolkit.io.images.encoding.formats import WRITABLE_SUFFIXES
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.photograph import open_photograph
from moei_toolkit.io.images.pixels import to_float
from moei_toolkit.io.images.reading import read_image
from moei_toolkit.io.images.row_writer import RowWriter, write_rows
from moei_toolkit.io.images.writing import write_image

STREAMED_SUFFIXES = (".png", ".tif", ".jpg")


def like(height: int = 70, width: int = 33, depth: int = 8, gray: bool = False, alpha: bool = False):
    pixels = noise(height, width, 3, depth=depth)
    if gray:
        pixels[...] = pixels[..., :1]
    opacity = noise(height, width, depth=depth) if alpha else None
    return LoadedImage(pixels, opacity, gray, RGB_PROFILE)


def rows_of_floats(image: LoadedImage, heights: tuple[int, ...] = (1, 30, 4, 35)) -> Iterator:
    floats, top = to_float(image.pixels).transpose(1, 2, 0), 0
    for height in heights:
        yield top, floats[top : top + height]
        top += height


CASES = [
    (depth, gray, alpha, suffix)
    for depth, gray, alpha, suffix in itertools.product(
        (8, 16), (False, True), (False, True), STREAMED_SUFFIXES
    )
    if suffix != ".jpg" or (depth == 8 and not alpha)
]


@pytest.mark.parametrize(("depth", "gray", "alpha", "suffix"), CASES)
def test_rows_come_back_like_the_whole(
    tmp_path: Path, depth: int, gray: bool, alpha: bool, suffix: str, monkeypatch
):
    monkeypatch.setattr("moei_toolkit.io.images.encoding.rows._PIECE_VALUES", 3 * 33 * 8)
    monkeypatch.setattr("moei_toolkit.io.images.encoding.tiff._STRIP_BYTES", 2000)
    image = like(depth=depth, gray=gray, alpha=alpha)
    write_rows(tmp_path / f"rows{suffix}", rows_of_floats(image), image)
    write_image(tmp_path / f"whole{suffix}", image.pixels, image)
    written, whole = read_image(tmp_path / f"rows{suffix}"), read_image(tmp_path / f"whole{suffix}")
    np.testing.assert_array_equal(written.pixels, whole.pixels)
    assert written.traits == whole.traits
    if suffix != ".jpg":
        np.testing.assert_array_equal(written.pixels, image.pixels)
    if alpha:
        np.testing.assert_array_equal(written.alpha, image.alpha)


class TestAgainstOtherEncoders:
    """The pixels another program decodes are those it would have encoded."""

    @pytest.mark.parametrize("gray", [False, True])
    def test_jpeg_is_that_of_pillow(self, tmp_path: Path, gray: bool):
        image, reference = like(gray=gray), BytesIO()
        pixels = image.pixels[..., 0] if gray else image.pixels
        Image.fromarray(pixels).save(reference, "JPEG", quality=95, subsampling=0)
        write_rows(tmp_path / "x.jpg", rows_of_floats(image), image)
        np.testing.assert_array_equal(Image.open(tmp_path / "x.jpg"), Image.open(reference))

    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_sixteen_bits(self, tmp_path: Path, channels: int):
        image = like(depth=16, gray=channels == 1, alpha=channels == 4)
        expected = np.dstack((image.pixels, *([] if channels < 4 else [image.alpha])))[..., :channels]
        for suffix in (".png", ".tif"):
            write_rows(tmp_path / f"x{suffix}", rows_of_floats(image), image)
        decoded = cv2.imread(str(tmp_path / "x.png"), cv2.IMREAD_UNCHANGED).reshape(70, 33, channels)
        order = [2, 1, 0, 3][:channels] if channels > 1 else [0]
        np.testing.assert_array_equal(decoded[..., order], expected)
        with tifffile.TiffFile(tmp_path / "x.tif") as file:
            np.testing.assert_array_equal(file.asarray().reshape(expected.shape), expected)
            assert file.pages[0].iccprofile == RGB_PROFILE

    def test_a_file_above_four_gigabytes_would_be_a_big_tiff(self, tmp_path: Path, monkeypatch):
        monkeypatch.setattr("moei_toolkit.io.images.encoding.tiff._CLASSIC_BYTES", 100)
        image = like()
        write_rows(tmp_path / "x.tif", rows_of_floats(image), image)
        with tifffile.TiffFile(tmp_path / "x.tif") as file:
            assert file.is_bigtiff
            np.testing.assert_array_equal(file.asarray(), image.pixels)

    def test_a_profile_of_several_segments(self, tmp_path: Path):
        image = like()
        profile = RGB_PROFILE + bytes(noise(150_000))
        image = LoadedImage(image.pixels, icc=profile)
        write_rows(tmp_path / "x.jpg", rows_of_floats(image), image)
        assert Image.open(tmp_path / "x.jpg").info["icc_profile"] == profile


def test_opacity_is_read_again_from_the_photograph(tmp_path: Path):
    image = like(alpha=True)
    write_image(tmp_path / "x.png", image.pixels, image)
    photo = open_photograph(tmp_path / "x.png", whole_pixels=0)
    write_rows(tmp_path / "y.png", rows_of_floats(image), photo)
    np.testing.assert_array_equal(read_image(tmp_path / "y.png").alpha, image.alpha)


class TestFailure:
    """Nothing lies under the name, nothing is left beside it, and the reason is told."""

    @pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
    def test_of_what_makes_the_rows(self, tmp_path: Path, suffix: str):
        def fail_halfway() -> Iterator:
            yield next(rows_of_floats(image, (20,)))
            raise ZeroDivisionError

        image = LoadedImage(like().pixels)
        with pytest.raises(ZeroDivisionError):
            write_rows(tmp_path / f"x{suffix}", fail_halfway(), image)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("suffix", STREAMED_SUFFIXES)
    def test_of_the_rows(self, tmp_path: Path, suffix: str):
        image, black = like(), np.zeros((70, 33, 3), np.float32)
        for rows, reason in (
            ([(0, black + np.nan)], "NaN"),
            ([(0, black.astype(np.uint16))], "pixels of 8 bits, got uint16"),
            ([(0, black.astype(np.int64))], "pixels of 8 bits, got int64"),
            (rows_of_floats(image, (20, 30)), "only 50 of 70"),
            ([(3, black)], "do not follow row 0"),
            ([(0, black[:, :-1])], "do not follow row 0"),
        ):
            with pytest.raises(ImageError, match=rf"x\{suffix}.*{reason}"):
                write_rows(tmp_path / f"x{suffix}", rows, image)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
    @pytest.mark.parametrize("suffix", [".png", ".jpg"])
    def test_of_a_full_disk(self, tmp_path: Path, suffix: str, monkeypatch):
        def full(path: Path) -> Path:
            temporary = path.with_name(LEFTOVER_PREFIX)
            temporary.symlink_to("/dev/full")
            return temporary

        image = like(900, 300)
        write_image(tmp_path / f"x{suffix}", image.pixels, image)
        before = (tmp_path / f"x{suffix}").read_bytes()
        monkeypatch.setattr("moei_toolkit.io.atomic.beside", full)
        with pytest.raises(StoreError, match=rf"x\{suffix}: No space left"):
            write_rows(tmp_path / f"x{suffix}", rows_of_floats(image, (90,) * 10), image)
        assert [path.name for path in tmp_path.iterdir()] == [f"x{suffix}"]
        assert (tmp_path / f"x{suffix}").read_bytes() == before

    def test_of_a_disk_that_fills_up_ends_the_work(self, tmp_path: Path, monkeypatch):
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("moei_toolkit.io.images.encoding.rows.png_parts", full)
        asked = []
        with pytest.raises(StoreError):
            write_rows(tmp_path / "x.png", (asked.append(top) or row for top, row in endless_rows()), like())
        assert len(asked) < 10
        assert list(tmp_path.iterdir()) == []

    def test_of_a_folder_that_cannot_be_written(self, tmp_path: Path):
        (tmp_path / "file").touch()
        with pytest.raises(StoreError, match="cannot write"):
            write_rows(tmp_path / "file" / "x.png", rows_of_floats(like()), like())

    def test_of_the_photograph_while_its_opacity_is_read(self, tmp_path: Path):
        image = like(alpha=True)
        write_image(tmp_path / "x.png", image.pixels, image)
        photo = open_photograph(tmp_path / "x.png", whole_pixels=0)
        (tmp_path / "x.png").write_bytes((tmp_path / "x.png").read_bytes()[:-500])
        with pytest.raises(ImageError, match=r"x\.png: damaged"):
            write_rows(tmp_path / "y.png", rows_of_floats(image), photo)
        assert [path.name for path in tmp_path.iterdir()] == ["x.png"]

    @pytest.mark.parametrize("name", ["x.gif", "x.jpg"])
    def test_of_a_format_that_cannot_hold_it_before_any_row_is_made(self, tmp_path: Path, name: str):
        rows = (pytest.fail("worked in vain") for _ in range(1))
        with pytest.raises(ImageError, match="cannot"):
            write_rows(tmp_path / name, rows, like(alpha=True))


def endless_rows() -> Iterator:
    while True:
        yield from ((top, (top, np.zeros((1, 33, 3), np.float32))) for top in range(70))


class Slow:
    """A photograph whose opacity takes its time."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.traits = like(alpha=True).traits

    def opacity(self) -> AbstractContextManager[Slow]:
        return nullcontext(self)

    def rows(self, top: int, bottom: int) -> np.ndarray:
        assert self.may_go_on.wait(10)
        return np.zeros((bottom - top, 33), np.uint8)


def test_abandoning_leaves_nothing_even_after_the_last_row(tmp_path: Path):
    slow = Slow()
    writer = RowWriter(tmp_path / "x.png", slow)
    writer.write(0, like().pixels)
    writer.end()
    threading.Timer(0.05, slow.may_go_on.set).start()
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


def test_what_waits_takes_the_memory_of_pixels(tmp_path: Path):
    slow = Slow()
    writer = RowWriter(tmp_path / "x.png", slow)
    for top, rows in rows_of_floats(like(), (10, 10, 10)):
        writer.write(top, rows)
    waiting = [rows for _, rows in writer._channel._waiting]
    assert waiting
    assert all(rows.dtype == np.uint8 for rows in waiting)
    slow.may_go_on.set()
    writer.abandon()


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.row_writer import write_rows

image = LoadedImage(np.zeros((4000, 100, 3), np.uint8))

def rows():
    for top in range(0, 4000, 100):
        if top == 2000:
            os.kill(os.getpid(), 9)
        yield top, np.random.default_rng(top).random((100, 100, 3), np.float32)

write_rows(Path(sys.argv[1]), rows(), image)
"""


def test_a_killed_writer_leaves_what_can_be_recognised(tmp_path: Path):
    path = tmp_path / "x.png"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode == -9
    assert not path.exists()
    assert all(left.name.startswith(LEFTOVER_PREFIX) for left in remove_leftovers(tmp_path))
    assert list(tmp_path.iterdir()) == []
