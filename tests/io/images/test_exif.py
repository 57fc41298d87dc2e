"""EXIF data goes from file to file, and tells of the pixels as they are then."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from image_files import chunk, noise, png, rows_of
from PIL import Image

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.exif import upright_exif
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.photograph import open_photograph
from moei_toolkit.io.images.reading import read_image
from moei_toolkit.io.images.writing import write_image

EXIF_FOLDER, GPS_FOLDER, INTEROP_FOLDER, THUMBNAIL = 0x8769, 0x8825, 0xA005, 1
SUFFIXES = (".jpg", ".png", ".tif", ".webp")


def camera(orientation: int) -> Image.Exif:
    """What a camera writes."""
    data = Image.Exif()
    data[271], data[274], data[282] = "Maker", orientation, 300.0
    data[315] = "Bärbel".encode()
    inner = data.get_ifd(EXIF_FOLDER)
    inner.update({33434: 0.008, 36867: "2020:02:02 20:20:20", 37500: b"secret notes", 40962: 7, 40963: 5})
    data.get_ifd(GPS_FOLDER).update({1: "N", 2: (48.0, 8.0, 30.5)})
    return data


def told(raw: bytes | None) -> dict[int, object]:
    """All of it, folder by folder, orientation 1 left out for it says nothing."""
    data = Image.Exif()
    data.load(raw or b"")
    folders = {tag: data.get_ifd(tag) for tag in (EXIF_FOLDER, GPS_FOLDER)}
    return {tag: value for tag, value in {**data, **folders}.items() if (tag, value) != (274, 1)}


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("source", SUFFIXES)
def test_goes_along_and_tells_of_upright_pixels(tmp_path: Path, source: str, orientation: int):
    data, pixels = camera(orientation), noise(5, 7, 3)
    Image.fromarray(pixels).save(tmp_path / f"a{source}", exif=data, lossless=True)
    loaded = read_image(tmp_path / f"a{source}")
    found = told(loaded.exif)
    assert 274 not in found
    assert found[271] == "Maker"
    assert found[315].encode("latin-1").decode() == "Bärbel"
    if source != ".tif":  # where Pillow writes no folders
        is_turned = orientation == 6
        assert found[EXIF_FOLDER][37500] == b"secret notes"
        assert (found[EXIF_FOLDER][40962], found[EXIF_FOLDER][40963]) == ((5, 7) if is_turned else (7, 5))
    for suffix in SUFFIXES:
        write_image(tmp_path / f"b{suffix}", loaded.pixels, loaded)
        again = read_image(tmp_path / f"b{suffix}")
        assert told(again.exif) == found
        assert again.pixels.shape == loaded.pixels.shape


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("text", ["Photographer\0Editor", "Maker\0\0\0"])
def test_zeros_in_texts_are_no_damage(tmp_path: Path, text: str, depth: int):
    data = Image.Exif()
    data[33432] = text
    raw, path = upright_exif(data.tobytes().removeprefix(b"Exif\0\0")), tmp_path / "x.tif"
    image = LoadedImage(noise(40, 30, 3, depth=depth), exif=raw)
    write_image(path, image.pixels, image)
    again = read_image(path)
    np.testing.assert_array_equal(again.pixels, image.pixels)
    assert told(again.exif) == told(raw)
    with open_photograph(path, whole_pixels=0).pixels() as source:
        np.testing.assert_array_equal(source.rows(0, 40), image.pixels)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ImageError, match="damaged or truncated"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits(tmp_path: Path, suffix: str):
    raw = upright_exif(camera(1).tobytes().removeprefix(b"Exif\0\0"))
    image = LoadedImage(noise(5, 7, 3, depth=16), exif=raw)
    write_image(tmp_path / f"x{suffix}", image.pixels, image)
    again = read_image(tmp_path / f"x{suffix}")
    assert told(again.exif) == told(raw)
    np.testing.assert_array_equal(again.pixels, image.pixels)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "width"), [(1, "B3x"), (3, "H2x"), (4, "L")])
def test_whole_numbers_of_any_width_become_upright(order: str, kind: int, width: str):
    def data(orientation: int) -> bytes:
        entry = struct.pack(order + "HHL" + width, 274, kind, 1, orientation)
        head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HL", 42, 8)
        return head + struct.pack(order + "H", 1) + entry + bytes(4)

    assert upright_exif(data(6)) == data(1)


def test_upright_data_stays_byte_for_byte(tmp_path: Path):
    raw = camera(1).tobytes()
    Image.fromarray(noise(5, 7, 3)).save(tmp_path / "x.jpg", exif=raw)
    loaded = read_image(tmp_path / "x.jpg")
    assert loaded.exif == raw.removeprefix(b"Exif\0\0")
    write_image(tmp_path / "y.jpg", loaded.pixels, loaded)
    assert Image.open(tmp_path / "y.jpg").info["exif"] == raw


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_thumbnail_is_unlinked(order: str):
    entry = (274).to_bytes(2, order) + (3).to_bytes(2, order) + (1).to_bytes(4, order)
    entry += (8).to_bytes(2, order) + bytes(2)
    head = (b"II" if order == "little" else b"MM") + (42).to_bytes(2, order) + (8).to_bytes(4, order)
    raw = head + (1).to_bytes(2, order) + entry + (26).to_bytes(4, order) + bytes(6)
    data = Image.Exif()
    data.load(upright_exif(raw))
    assert data[274] == 1
    assert data.get_ifd(THUMBNAIL) == {}
    assert len(upright_exif(raw)) == len(raw)


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_cut_data_is_left_as_it_is_or_better(length: int):
    raw = camera(6).tobytes().removeprefix(b"Exif\0\0")[:length]
    assert len(upright_exif(raw)) == length


def test_behind_the_pixels_of_a_png(tmp_path: Path):
    whole = png(7, 5, 8, 2, rows_of(noise(5, 7, 3)))
    late = chunk(b"eXIf", camera(6).tobytes().removeprefix(b"Exif\0\0"))
    (tmp_path / "x.png").write_bytes(whole[:-12] + late + whole[-12:])
    loaded = read_image(tmp_path / "x.png")
    assert loaded.pixels.shape == (7, 5, 3)
    assert told(loaded.exif)[271] == "Maker"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("junk", [b"junk and more junk", b"II*\0", b"MM\0*\0\0\0"])
def test_damaged_data_is_left_out(tmp_path: Path, suffix: str, junk: bytes):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(noise(5, 7, 3)).save(path, exif=b"Exif\0\0" + junk, lossless=True)
    loaded = read_image(path)
    assert (loaded.exif, loaded.orientation) == (None, 1)
    for other in SUFFIXES:
        write_image(tmp_path / f"b{other}", loaded.pixels, loaded)
        assert read_image(tmp_path / f"b{other}").exif is None


def test_a_damaged_text_of_a_png_is_left_out(tmp_path: Path):
    text = chunk(b"tEXt", b"Raw profile type exif\0\nexif\n       4\nno numbers\n")
    (tmp_path / "x.png").write_bytes(png(7, 5, 8, 2, rows_of(noise(5, 7, 3)), text))
    loaded = read_image(tmp_path / "x.png")
    np.testing.assert_array_equal(loaded.pixels, noise(5, 7, 3))
    assert loaded.exif is None


def test_what_does_not_fit_into_a_jpeg_is_refused(tmp_path: Path):
    raw = upright_exif(camera(1).tobytes().removeprefix(b"Exif\0\0")) + bytes(70_000)
    image = LoadedImage(noise(5, 7, 3), exif=raw)
    with pytest.raises(ImageError, match="cannot hold EXIF data above 65,527 bytes"):
        write_image(tmp_path / "x.jpg", image.pixels, image)
    write_image(tmp_path / "x.png", image.pixels, image)
    assert read_image(tmp_path / "x.png").exif == raw


def test_what_does_not_fit_into_a_tiff_is_refused(tmp_path: Path):
    image = LoadedImage(noise(5, 7, 3), exif=b"II no TIFF")
    with pytest.raises(ImageError, match=r"x\.tif: its EXIF data is damaged.*write a \.png"):
        write_image(tmp_path / "x.tif", image.pixels, image)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("error")
def test_data_that_is_cut_off_goes_along_as_far_as_it_is_there(tmp_path: Path):
    whole = upright_exif(camera(1).tobytes().removeprefix(b"Exif\0\0"))
    for length in range(10, len(whole), 7):
        image = LoadedImage(noise(5, 7, 3), exif=whole[:length])
        write_image(tmp_path / "x.tif", image.pixels, image)
        np.testing.assert_array_equal(read_image(tmp_path / "x.tif").pixels, image.pixels)


def test_no_data_stays_none(tmp_path: Path):
    for suffix in SUFFIXES:
        write_image(tmp_path / f"x{suffix}", noise(5, 7, 3))
        assert read_image(tmp_path / f"x{suffix}").exif is None
