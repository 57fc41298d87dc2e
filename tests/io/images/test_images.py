"""Photographs come in right or with a clear error, and go out the way they came."""

from __future__ import annotations

import itertools
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from image_files import RGB_PROFILE, chunk, noise, png, rows_of
from PIL import Image, ImageOps

from moei_toolkit.errors import ImageError, StoreError
from moei_toolkit.io.images.encoding.formats import FORMATS, JPEG, WRITABLE_SUFFIXES
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.pixels import to_float
from moei_toolkit.io.images.reading import read_image
from moei_toolkit.io.images.writing import write_image


class TestReading:
    @pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp"])
    def test_colour_pixels_are_exact(self, tmp_path: Path, suffix: str):
        pixels = noise(5, 7, 3)
        options = {"lossless": True} if suffix == ".webp" else {}
        Image.fromarray(pixels).save(tmp_path / f"x{suffix}", **options)
        loaded = read_image(tmp_path / f"x{suffix}")
        np.testing.assert_array_equal(loaded.pixels, pixels)
        assert (loaded.height, loaded.width, loaded.bit_depth) == (5, 7, 8)
        assert (loaded.alpha, loaded.was_gray, loaded.icc) == (None, False, None)

    @pytest.mark.parametrize("mode", ["1", "L"])
    def test_gray_gets_three_equal_channels(self, tmp_path: Path, mode: str):
        picture = Image.fromarray(noise(5, 7)).convert(mode)
        picture.save(tmp_path / "x.png")
        loaded = read_image(tmp_path / "x.png")
        assert loaded.was_gray
        np.testing.assert_array_equal(loaded.pixels, np.dstack([picture.convert("L")] * 3))

    @pytest.mark.parametrize("mode", ["RGBA", "LA"])
    def test_opacity_is_kept_apart(self, tmp_path: Path, mode: str):
        picture = Image.fromarray(noise(5, 7, 4), "RGBA").convert(mode)
        picture.save(tmp_path / "x.png")
        loaded = read_image(tmp_path / "x.png")
        np.testing.assert_array_equal(loaded.alpha, picture.getchannel("A"))
        np.testing.assert_array_equal(loaded.pixels, np.asarray(picture.convert("RGBA"))[..., :3])
        assert loaded.was_gray == (mode == "LA")

    def test_palettes_become_colours(self, tmp_path: Path):
        picture = Image.fromarray(noise(5, 7, 3)).quantize(8)
        picture.save(tmp_path / "plain.png")
        picture.save(tmp_path / "clear.png", transparency=3)
        plain, clear = read_image(tmp_path / "plain.png"), read_image(tmp_path / "clear.png")
        np.testing.assert_array_equal(plain.pixels, picture.convert("RGB"))
        assert plain.alpha is None
        np.testing.assert_array_equal(clear.alpha, np.where(np.asarray(picture) == 3, 0, 255))

    def test_cmyk_and_odd_samples_are_refused(self, tmp_path: Path):
        picture = Image.fromarray(noise(5, 7, 3))
        for mode, word in (("CMYK", "CMYK"), ("LAB", "L\\*a\\*b"), ("F", "floating"), ("I", "32-bit")):
            picture.convert(mode).save(tmp_path / "x.tif")
            with pytest.raises(ImageError, match=rf"x\.tif.*{word}"):
                read_image(tmp_path / "x.tif")

    @pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint32])
    def test_other_samples_in_colour_are_refused_and_not_called_damaged(self, tmp_path: Path, dtype: type):
        tifffile.imwrite(tmp_path / "x.tif", noise(5, 7, 3).astype(dtype), photometric="rgb")
        with pytest.raises(ImageError, match=r"x\.tif: has samples of a kind that is not supported"):
            read_image(tmp_path / "x.tif")

    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_sixteen_bits_are_kept(self, tmp_path: Path, suffix: str, channels: int):
        pixels = noise(5, 7, channels, depth=16)
        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
        cv2.imwrite(str(tmp_path / f"x{suffix}"), pixels[..., order])
        loaded = read_image(tmp_path / f"x{suffix}")
        assert loaded.bit_depth == 16
        assert loaded.was_gray == (channels == 1)
        np.testing.assert_array_equal(loaded.pixels, np.broadcast_to(pixels[..., :3], (5, 7, 3)))
        assert (loaded.alpha is None) == (channels < 4)
        if loaded.alpha is not None:
            np.testing.assert_array_equal(loaded.alpha, pixels[..., 3])

    def test_sixteen_bit_gray_with_opacity(self, tmp_path: Path):
        pixels = noise(4, 6, 2, depth=16)
        (tmp_path / "x.png").write_bytes(png(6, 4, 16, 4, rows_of(pixels)))
        loaded = read_image(tmp_path / "x.png")
        np.testing.assert_array_equal(loaded.pixels, pixels[..., [0, 0, 0]])
        np.testing.assert_array_equal(loaded.alpha, pixels[..., 1])

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_orientation_is_turned_upright(self, tmp_path: Path, orientation: int):
        pixels = noise(5, 7, 3)
        exif = Image.Exif()
        exif[274] = orientation
        for suffix in (".png", ".tif"):
            Image.fromarray(pixels).save(tmp_path / f"x{suffix}", exif=exif)
        deep = pixels.astype(np.uint16) * 257
        chunk_of_exif = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
        (tmp_path / "deep.png").write_bytes(png(7, 5, 16, 2, rows_of(deep), chunk_of_exif))
        tag = [(274, 3, 1, orientation, True)]
        tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb", planarconfig="contig", extratags=tag)
        expected = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "x.png")))
        for name, scale in (("x.png", 1), ("x.tif", 1), ("deep.png", 257), ("deep.tif", 257)):
            np.testing.assert_array_equal(read_image(tmp_path / name).pixels, expected.astype(int) * scale)

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("mode", ["L", "P"])
    def test_so_is_a_raw_tiff_of_one_byte_per_pixel(self, tmp_path: Path, mode: str, orientation: int):
        pixels = noise(5, 7, 1)[..., 0]
        image = Image.fromarray(pixels)
        if mode == "P":
            image.putpalette([value for gray in range(256) for value in (gray, gray, gray)])
        image.save(tmp_path / "x.tif", tiffinfo={274: orientation})
        exif = Image.Exif()
        exif[274] = orientation
        Image.fromarray(pixels).save(tmp_path / "x.png", exif=exif)
        expected = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "x.png")))
        found = read_image(tmp_path / "x.tif").pixels
        np.testing.assert_array_equal(found, expected[..., None].repeat(3, axis=2))

    def test_signed_samples_are_refused(self, tmp_path: Path):
        tifffile.imwrite(tmp_path / "x.tif", noise(5, 7, 1)[..., 0].astype(np.int8), photometric="minisblack")
        with pytest.raises(ImageError, match="samples of a kind that is not supported"):
            read_image(tmp_path / "x.tif")

    @pytest.mark.parametrize("extra", [[0], [2, 0]])
    def test_channels_that_would_be_lost_are_refused(self, tmp_path: Path, extra: list[int]):
        pixels = noise(5, 7, 3 + len(extra))
        tifffile.imwrite(tmp_path / "x.tif", pixels, photometric="rgb", extrasamples=extra)
        with pytest.raises(ImageError, match=rf"x\.tif: expected one channel beside .* got {len(extra)} "):
            read_image(tmp_path / "x.tif")

    def test_a_jpeg_from_a_phone_is_upright(self, tmp_path: Path):
        exif = Image.Exif()
        exif[274] = 6
        Image.fromarray(noise(16, 32, 3)).save(tmp_path / "x.jpg", exif=exif)
        assert read_image(tmp_path / "x.jpg").pixels.shape == (32, 16, 3)

    def test_previews_behind_a_photograph_do_not_matter(self, tmp_path: Path):
        first, second = (Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (10, 200))
        first.save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=[second])
        assert read_image(tmp_path / "x.jpg").pixels.max() < 20

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
    def test_several_frames_are_refused(self, tmp_path: Path, suffix: str):
        frames = [Image.fromarray(noise(8, 8, 3)), Image.fromarray(255 - noise(8, 8, 3))]
        frames[0].save(tmp_path / f"x{suffix}", save_all=True, append_images=frames[1:])
        with pytest.raises(ImageError, match="2 frames"):
            read_image(tmp_path / f"x{suffix}")


class TestBadFiles:
    def test_what_is_no_file(self, tmp_path: Path):
        (tmp_path / "empty.png").touch()
        for path, word in (
            (tmp_path, "folder"),
            (tmp_path / "no.png", "no such"),
            (tmp_path / "empty.png", "0 b"),
        ):
            with pytest.raises(ImageError, match=word) as caught:
                read_image(path)
            assert str(path) in str(caught.value)

    @pytest.mark.parametrize(
        "content", [b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(20), b"\xff\xd8\xff\xe0"]
    )
    def test_what_is_no_image(self, tmp_path: Path, content: bytes):
        (tmp_path / "x.png").write_bytes(content)
        with pytest.raises(ImageError, match=r"x\.png"):
            read_image(tmp_path / "x.png")

    @pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
    @pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tif", "x.bmp", "x.webp", "deep.png", "deep.tif"])
    def test_truncated_files(self, tmp_path: Path, name: str, share: float):
        path = tmp_path / name
        if name.startswith("deep"):
            cv2.imwrite(str(path), noise(40, 50, 3, depth=16))
        else:
            Image.fromarray(noise(40, 50, 3)).save(path)
        assert read_image(path).pixels.shape == (40, 50, 3)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ImageError, match=name):
            read_image(path)

    def test_flipped_bits(self, tmp_path: Path):
        whole = png(50, 40, 16, 2, rows_of(noise(40, 50, 3, depth=16)))
        damaged = bytearray(whole)
        damaged[len(whole) // 2] ^= 255
        (tmp_path / "x.png").write_bytes(damaged)
        with pytest.raises(ImageError, match=r"x\.png: damaged"):
            read_image(tmp_path / "x.png")

    def test_size_is_bounded_before_anything_is_decoded(self, tmp_path: Path):
        (tmp_path / "bomb.png").write_bytes(png(60_000, 60_000, 8, 2, b""))
        with pytest.raises(ImageError, match=r"bomb\.png.*178,956,970"):
            read_image(tmp_path / "bomb.png")
        Image.fromarray(noise(10, 10, 3)).save(tmp_path / "x.png")
        assert read_image(tmp_path / "x.png", max_pixels=100).width == 10
        with pytest.raises(ImageError, match=r"x\.png: 10x10.*99"):
            read_image(tmp_path / "x.png", max_pixels=99)

    def test_sixteen_bit_layouts_that_would_be_read_wrongly(self, tmp_path: Path):
        deep, path = noise(5, 7, 3, depth=16), tmp_path / "x.tif"
        four = np.dstack([deep, deep[..., 0]])
        for pixels, options in (
            (deep.transpose(2, 0, 1), {"photometric": "rgb", "planarconfig": "separate"}),
            (deep[..., 0], {"photometric": "miniswhite"}),
            (four, {"photometric": "rgb", "extrasamples": ["assocalpha"]}),
        ):
            tifffile.imwrite(path, pixels, **options)
            with pytest.raises(ImageError, match="unusual"):
                read_image(path)
        transparent = chunk(b"tRNS", b"\0\1")
        (tmp_path / "x.png").write_bytes(png(7, 5, 16, 0, rows_of(deep[..., 0]), transparent))
        with pytest.raises(ImageError, match="unusual"):
            read_image(tmp_path / "x.png")


CASES = list(itertools.product((8, 16), (False, True), (False, True), (False, True), WRITABLE_SUFFIXES))


@pytest.mark.parametrize(("name", "depth", "alpha"), [("x.webp", 8, False), ("x.png", 16, True)])
def test_a_profile_of_gray_is_not_written_beside_rgb(tmp_path: Path, name: str, depth: int, alpha: bool):
    profile = RGB_PROFILE[:16] + b"GRAY" + RGB_PROFILE[20:]
    image = replace(like(depth, True, alpha, False), icc=profile)
    with pytest.raises(ImageError, match=rf"{name}: the colour profile is one of gray, and gray becomes RGB"):
        write_image(tmp_path / name, image.pixels, image)
    assert not list(tmp_path.iterdir())
    held = replace(image, alpha=None)
    write_image(tmp_path / "held.png", held.pixels, held)
    again = read_image(tmp_path / "held.png")
    assert (again.was_gray, again.icc) == (True, profile)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_profile_of_some_megabytes(tmp_path: Path, suffix: str):
    image = replace(like(8, False, False, True), icc=RGB_PROFILE + noise(3 * 2**20).tobytes())
    path = tmp_path / f"x{suffix}"
    write_image(path, image.pixels, image)
    again = read_image(path)
    assert again.icc == image.icc
    np.testing.assert_array_equal(again.pixels, image.pixels)


def can_hold(suffix: str, depth: int, alpha: bool, icc: bool) -> bool:
    if suffix in (".png", ".tif", ".tiff"):
        return True
    return depth == 8 and not (alpha and suffix != ".webp") and not (icc and suffix == ".bmp")


def like(depth: int, gray: bool, alpha: bool, icc: bool) -> LoadedImage:
    pixels = noise(6, 9, 3, depth=depth)
    if gray:
        pixels[...] = pixels[..., :1]
    opacity = noise(6, 9, depth=depth) if alpha else None
    return LoadedImage(pixels, opacity, gray, RGB_PROFILE if icc else None)


class TestWriting:
    @pytest.mark.parametrize(("depth", "gray", "alpha", "icc", "suffix"), CASES)
    def test_comes_back_the_way_it_came_or_is_refused(
        self, tmp_path: Path, depth: int, gray: bool, alpha: bool, icc: bool, suffix: str
    ):
        image, path = like(depth, gray, alpha, icc), tmp_path / f"x{suffix}"
        if not can_hold(suffix, depth, alpha, icc):
            with pytest.raises(ImageError, match=r"cannot hold.*write a \.png"):
                write_image(path, image.pixels, image)
            assert not path.exists()
            return
        write_image(path, to_float(image.pixels), image)
        again = read_image(path)
        assert (again.bit_depth, again.icc) == (depth, image.icc)
        assert again.was_gray == (gray and suffix != ".webp" and not (alpha and depth == 16))
        if image.alpha is not None:
            np.testing.assert_array_equal(again.alpha, image.alpha)
        if FORMATS[suffix] is not JPEG:
            np.testing.assert_array_equal(again.pixels, image.pixels)

    @pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
    def test_pixels_may_lie_in_any_order_in_memory(self, tmp_path: Path, suffix: str):
        pixels = noise(9, 7, 4)[..., 2::-1]
        for number, other in enumerate((pixels, np.asfortranarray(pixels))):
            write_image(tmp_path / f"{number}{suffix}", other)
        write_image(tmp_path / f"x{suffix}", pixels.copy("C"))
        expected = read_image(tmp_path / f"x{suffix}").pixels
        for number in range(2):
            np.testing.assert_array_equal(read_image(tmp_path / f"{number}{suffix}").pixels, expected)

    def test_gray_is_the_luma(self, tmp_path: Path):
        image = np.zeros((3, 1, 3))
        image[:, 0] = np.eye(3)
        write_image(tmp_path / "x.png", image, like=LoadedImage(np.zeros((1, 3, 3), np.uint8), was_gray=True))
        assert np.asarray(Image.open(tmp_path / "x.png"))[0].tolist() == [76, 150, 29]

    def test_jpeg_keeps_full_colour_resolution_and_quality_95(self, tmp_path: Path):
        write_image(tmp_path / "x.jpg", noise(16, 16, 3))
        written = Image.open(tmp_path / "x.jpg")
        reference = BytesIO()
        Image.fromarray(noise(16, 16, 3)).save(reference, "JPEG", quality=95, subsampling=0)
        assert written.layer[0][1:3] == (1, 1)
        assert written.quantization == Image.open(reference).quantization

    @pytest.mark.parametrize("name", ["x.gif", "x", "x.jpgg"])
    def test_unknown_suffixes_list_the_supported(self, tmp_path: Path, name: str):
        with pytest.raises(ImageError, match=r"supported: \.png, \.jpg"):
            write_image(tmp_path / name, noise(2, 2, 3))

    def test_what_does_not_fit_the_original_is_refused(self, tmp_path: Path):
        original = like(8, False, False, False)
        with pytest.raises(ImageError, match="do not fit"):
            write_image(tmp_path / "x.png", noise(2, 2, 3), original)
        with pytest.raises(ImageError, match="uint16"):
            write_image(tmp_path / "x.png", noise(6, 9, 3, depth=16), original)
        with pytest.raises(ImageError, match=r"\(H, W, 3\)"):
            write_image(tmp_path / "x.png", noise(6, 9))

    def test_a_failed_write_leaves_the_old_file(self, tmp_path: Path):
        path = tmp_path / "x.png"
        write_image(path, noise(2, 2, 3))
        before = path.read_bytes()
        with pytest.raises(ImageError, match="NaN"):
            write_image(path, np.full((3, 2, 2), np.nan))
        assert path.read_bytes() == before
        with pytest.raises(StoreError):
            write_image(path / "inside.png", noise(2, 2, 3))
        assert [entry.name for entry in tmp_path.iterdir()] == ["x.png"]
