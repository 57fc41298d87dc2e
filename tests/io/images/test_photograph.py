"""A photograph read strip by strip is the one that is read whole, and never half of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from image_files import RGB_PROFILE, chunk, noise, png, rows_of
from PIL import Image

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.decoding.row_window import RowWindow
from moei_toolkit.io.images.photograph import Photograph, StreamedPhotograph, WholePhotograph, open_photograph
from moei_toolkit.io.images.reading import read_image

SIZE = (75, 61)


def smooth(channels: int) -> np.ndarray:
    """Pixels that JPEG does not turn into mush."""
    small = np.random.default_rng(0).integers(0, 256, (9, 8, channels), dtype=np.uint8)
    return cv2.resize(small, SIZE[::-1], interpolation=cv2.INTER_CUBIC).reshape(*SIZE, channels)


def exif(orientation: int = 1) -> Image.Exif:
    data = Image.Exif()
    data[274], data[271] = orientation, "Maker"
    data.get_ifd(0x8769)[36867] = "2020:02:02 20:20:20"
    return data


def save(path: Path, mode: str = "RGB", **options: object) -> Path:
    picture = Image.fromarray(smooth(4), "RGBA").convert("RGB" if mode == "P" else mode)
    picture = picture.quantize(16) if mode == "P" else picture
    picture.save(path, icc_profile=RGB_PROFILE if mode in ("RGB", "RGBA") else None, exif=exif(), **options)
    return path


def save_deep(path: Path, channels: int, **options: object) -> Path:
    pixels = noise(*SIZE, channels, depth=16)
    if path.suffix == ".png":
        path.write_bytes(png(SIZE[1], SIZE[0], 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows_of(pixels)))
        return path
    extra = ["unassalpha"] if channels == 4 else None
    photometric = "rgb" if channels > 1 else "minisblack"
    tifffile.imwrite(path, pixels.squeeze(), photometric=photometric, extrasamples=extra, **options)
    return path


STREAMED = {
    **{f"{mode}.png": {"mode": mode} for mode in ("RGB", "RGBA", "L", "LA", "1", "P")},
    **{f"{mode}.tif": {"mode": mode} for mode in ("RGB", "RGBA", "L", "LA")},
    **{f"{kind}.tif": {"compression": kind} for kind in ("tiff_lzw", "tiff_deflate", "packbits")},
    **{f"{sampling}.jpg": {"subsampling": sampling} for sampling in (0, 1, 2)},
    "gray.jpg": {"mode": "L"},
    "restarts.jpg": {"restart_marker_rows": 1, "optimize": True},
}
DEEP = {
    **{f"deep{channels}.png": (channels, {}) for channels in (1, 2, 3, 4)},
    **{f"deep{channels}.tif": (channels, {}) for channels in (1, 3, 4)},
    "big-endian.tif": (3, {"byteorder": ">", "predictor": True, "compression": "zlib"}),
    "tiles.tif": (3, {"tile": (32, 16)}),
    "one-strip.tif": (3, {"rowsperstrip": SIZE[0]}),
}


def make(name: str, folder: Path) -> Path:
    if name in DEEP:
        channels, options = DEEP[name]
        return save_deep(folder / name, channels, **options)
    return save(folder / name, **STREAMED[name])


def read_by_rows(photo: Photograph, rows: int = 7, overlap: int = 2) -> np.ndarray:
    """The pixels, read in bands that overlap."""
    read = np.zeros((photo.height, photo.width, 3), photo.traits.dtype)
    with photo.pixels() as source:
        for top in range(0, photo.height, rows - overlap):
            bottom = min(top + rows, photo.height)
            read[top:bottom] = source.rows(top, bottom)
    return read


@pytest.mark.parametrize("name", [*STREAMED, *DEEP])
def test_streaming_gives_the_very_same_photograph(tmp_path: Path, name: str, monkeypatch):
    monkeypatch.setattr("moei_toolkit.io.images.decoding.strips._STRIP_PIXELS", 10 * SIZE[1])
    path = make(name, tmp_path)
    whole, streamed = read_image(path), open_photograph(path, whole_pixels=0)
    assert isinstance(streamed, StreamedPhotograph)
    assert streamed.traits == whole.traits
    for _ in range(2):
        np.testing.assert_array_equal(read_by_rows(streamed), whole.pixels)
    with streamed.opacity() as opacity:
        assert (opacity is None) == (whole.alpha is None)
        if opacity is not None:
            np.testing.assert_array_equal(opacity.rows(0, SIZE[0]), whole.alpha)


def test_previews_behind_a_photograph_do_not_matter(tmp_path: Path):
    first, second = (Image.fromarray(pixels) for pixels in (smooth(3), 255 - smooth(3)))
    first.save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=[second])
    streamed = open_photograph(tmp_path / "x.jpg", whole_pixels=0)
    assert isinstance(streamed, StreamedPhotograph)
    np.testing.assert_array_equal(read_by_rows(streamed), read_image(tmp_path / "x.jpg").pixels)


def test_gray_of_few_bits(tmp_path: Path):
    for depth in (2, 4):
        path = tmp_path / f"{depth}.png"
        path.write_bytes(png(16 // depth, 3, depth, 0, b"\0\x1b\xe4" * 3))
        streamed = open_photograph(path, whole_pixels=0)
        np.testing.assert_array_equal(read_by_rows(streamed), read_image(path).pixels)


def test_small_photographs_are_decoded_once(tmp_path: Path, monkeypatch):
    photo = open_photograph(save(tmp_path / "x.png"))
    assert isinstance(photo, WholePhotograph)
    first = read_by_rows(photo)
    photo.path.unlink()
    np.testing.assert_array_equal(read_by_rows(photo), first)
    assert photo.traits.exif is not None


def interlaced(path: Path) -> None:
    """Three passes of a 2x2 image (PNG 1.2, 8.2)."""
    raw = bytearray(png(2, 2, 8, 0, b"\0\x01\0\x02\0\x03\x04"))
    raw[28] = 1
    raw[29:33] = chunk(b"IHDR", bytes(raw[16:29]))[-4:]
    path.write_bytes(raw)


def late_exif(path: Path) -> None:
    whole = png(SIZE[1], SIZE[0], 8, 2, rows_of(smooth(3)))
    path.write_bytes(whole[:-12] + chunk(b"eXIf", exif(6).tobytes().removeprefix(b"Exif\0\0")) + whole[-12:])


UNSTREAMED = {
    "interlaced.png": interlaced,
    "late.png": late_exif,
    "clear.png": lambda path: Image.fromarray(smooth(3)).quantize(8).save(path, transparency=3),
    "progressive.jpg": lambda path: save(path, progressive=True),
    "turned.jpg": lambda path: Image.fromarray(smooth(3)).save(path, exif=exif(6)),
    "turned.tif": lambda path: Image.fromarray(smooth(3)).save(path, exif=exif(8)),
    "jpeg.tif": lambda path: save(path, compression="jpeg"),
    "inverted.tif": lambda path: tifffile.imwrite(path, smooth(1)[..., 0], photometric="miniswhite"),
    "planes.tif": lambda path: tifffile.imwrite(
        path, smooth(3).transpose(2, 0, 1), photometric="rgb", planarconfig="separate"
    ),
    "x.webp": save,
    "x.bmp": lambda path: Image.fromarray(smooth(3)).save(path),
}


@pytest.mark.parametrize("name", UNSTREAMED)
def test_what_cannot_be_streamed_is_decoded_whole(tmp_path: Path, name: str):
    UNSTREAMED[name](tmp_path / name)
    photo, loaded = open_photograph(tmp_path / name, whole_pixels=0), read_image(tmp_path / name)
    assert isinstance(photo, WholePhotograph)
    assert photo.traits == loaded.traits
    np.testing.assert_array_equal(read_by_rows(photo), loaded.pixels)


@pytest.mark.parametrize(
    ("limit", "options", "bytes_held"),
    [
        ("_MAX_STRIP_BYTES", {"rowsperstrip": 20, "compression": "zlib"}, 20 * SIZE[1] * 6),
        ("_MAX_TILES_BYTES", {"tile": (32, 16)}, 32 * SIZE[1] * 6),
    ],
)
def test_large_parts_of_a_tiff_are_not_held_while_the_rest_is_streamed(
    tmp_path: Path, monkeypatch, limit: str, options: dict[str, Any], bytes_held: int
):
    path = save_deep(tmp_path / "x.tif", 3, **options)
    for most, kind in ((bytes_held, StreamedPhotograph), (bytes_held - 1, WholePhotograph)):
        monkeypatch.setattr(f"moei_toolkit.io.images.decoding.streamable.{limit}", most)
        assert isinstance(open_photograph(path, whole_pixels=0), kind)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("name", ["RGB.png", "0.jpg", "RGB.tif", "tiff_lzw.tif", "deep3.png", "tiles.tif"])
def test_truncated_files(tmp_path: Path, name: str, share: float):
    path = make(name, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ImageError, match=name):
        read_by_rows(open_photograph(path, whole_pixels=0))


@pytest.mark.parametrize("name", ["RGB.png", "tiff_deflate.tif", "deep3.png"])
def test_flipped_bits(tmp_path: Path, name: str):
    path = make(name, tmp_path)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    path.write_bytes(damaged)
    with pytest.raises(ImageError, match=f"{name}: damaged"):
        read_by_rows(open_photograph(path, whole_pixels=0))


def test_a_file_that_changed_since_it_was_opened(tmp_path: Path):
    photo = open_photograph(save(tmp_path / "x.png"), whole_pixels=0)
    Image.fromarray(noise(5, 7, 3)).save(tmp_path / "x.png")
    with pytest.raises(ImageError, match=r"x\.png: changed"):
        read_by_rows(photo)


def test_names_are_names(tmp_path: Path):
    path = save(tmp_path / "a.png").rename(tmp_path / "x.png[page=1]")
    np.testing.assert_array_equal(
        read_by_rows(open_photograph(path, whole_pixels=0)), read_image(path).pixels
    )


def test_the_bound_depends_on_whether_it_streams(tmp_path: Path):
    path = tmp_path / "x.png"
    path.write_bytes(png(30_000, 30_000, 8, 2, b""))
    assert open_photograph(path).width == 30_000
    with pytest.raises(ImageError, match=r"x\.png.*expected at most 178,956,970"):
        read_image(path)
    path.write_bytes(png(40_000, 30_000, 8, 2, b""))
    with pytest.raises(ImageError, match=r"40000x30000.*1,000,000,000; cut it"):
        open_photograph(path)
    path.write_bytes(png(30_000, 30_000, 8, 2, b"", chunk(b"tRNS", bytes(6))))
    with pytest.raises(ImageError, match=r"178,956,970 of a file that must be decoded whole; convert"):
        open_photograph(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_what_is_no_photograph_is_refused_at_once(tmp_path: Path, content: bytes):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ImageError, match=r"x\.png"):
        open_photograph(tmp_path / "x.png")


class TestWindow:
    def test_holds_no_more_than_was_promised(self):
        pixels = noise(60, 4, 3)
        window = RowWindow(60, 4, (pixels[top : top + 5] for top in range(0, 60, 5)))
        for top, bottom in ((0, 12), (8, 20), (8, 9), (33, 60)):
            np.testing.assert_array_equal(window.rows(top, bottom), pixels[top:bottom])
            held = [start for start, _ in window._held]
            assert held[0] > top - 5

    def test_reads_no_more_than_was_asked_for(self):
        pixels, read = noise(60, 4, 3), []

        def strips() -> Iterator[np.ndarray]:
            for top in range(0, 60, 5):
                read.append(top)
                yield pixels[top : top + 5]

        window = RowWindow(60, 4, strips())
        window.rows(0, 12)
        window.rows(8, 15)
        assert read == [0, 5, 10]

    @pytest.mark.parametrize(("top", "bottom"), [(0, 3), (5, 11), (6, 6), (-1, 3)])
    def test_goes_forward_only(self, top: int, bottom: int):
        window = RowWindow(10, 4, iter([noise(10, 4, 3)]))
        window.rows(4, 6)
        with pytest.raises(ValueError, match=f"rows {top} to {bottom}"):
            window.rows(top, bottom)


MEMORY = """
import sys
import numpy as np
from moei_toolkit.io.images.photograph import open_photograph
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.traits import Traits
from moei_toolkit.io.images.row_writer import write_rows

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

class Plain:
    traits = Traits(10_000, 10_000)
    opacity = LoadedImage(np.zeros((1, 1, 3), np.uint8)).opacity

def restored(photo):
    with photo.pixels() as source:
        for top in range(0, photo.height, 250):
            yield top, source.rows(top, top + 250)

folder, band = sys.argv[1], np.zeros((250, 10_000, 3), np.uint8)
band[:, :, 0] = np.arange(10_000) // 40
write_rows(folder + "/a.png", ((top, band) for top in range(0, 10_000, 250)), Plain())
before = peak()
photo = open_photograph(folder + "/a.png")
write_rows(folder + "/b.png", restored(photo), photo)
print(peak() - before, type(photo).__name__)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell the peak of memory")
def test_memory_does_not_grow_with_the_photograph(tmp_path: Path):
    code = [sys.executable, "-c", MEMORY, str(tmp_path)]
    runs = [subprocess.run(code, capture_output=True, text=True, check=True) for _ in range(3)]
    found = [run.stdout.split() for run in runs]
    assert {kind for _, kind in found} == {"StreamedPhotograph"}
    grown = min(int(size) for size, _ in found)  # what an allocator keeps differs from run to run
    assert grown < 150_000  # KiB; the pixels alone are 293,000, and would be held more than once
