"""Files in every state that strangers' image files are found in."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from image_files import png, rows_of
from PIL import Image

DROPPED, REMARK = "dropped", "remark"
SIZE = (80, 104)

Write = Callable[[Path, np.random.Generator], object]


def make_damaged(folder: Path, count: int = 200, seed: int = 0) -> dict[Path, str]:
    """Write files that cannot be used, or not without a word, each in its own way.

    Args:
        folder: Made when it is missing.
        count: How many.
        seed: Of the pictures, and of where each is damaged.

    Returns:
        What should become of each: "dropped", or "remark" when it can be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fates = {}
    for number in range(count):
        name, fate, write = STATES[number % len(STATES)]
        path = folder / f"{number:03}-{name}"
        write(path, np.random.default_rng([seed, number]))
        fates[path] = fate
    return fates


def picture(rng: np.random.Generator, channels: int = 3, depth: int = 8) -> np.ndarray:
    """Return a soft picture with some grain, so that no way of compressing it is trivial."""
    coarse = rng.uniform(0.1, 0.9, (8, 10, channels)).astype(np.float32)
    smooth = cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC).reshape(*SIZE, channels)
    grainy = np.clip(smooth + rng.normal(0, 0.02, smooth.shape), 0, 1) * (2**depth - 1)
    return grainy.astype(np.uint16 if depth == 16 else np.uint8)


def encoded(kind: str, rng: np.random.Generator, mode: str = "RGB", **options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(picture(rng)).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def deep(suffix: str, rng: np.random.Generator, channels: int = 3) -> bytes:
    return cv2.imencode(suffix, picture(rng, channels, depth=16))[1].tobytes()


def whole(kind: str, mode: str = "RGB", **options: object) -> Write:
    return lambda path, rng: path.write_bytes(encoded(kind, rng, mode, **options))


def truncated(kind: str, **options: object) -> Write:
    return lambda path, rng: path.write_bytes(cut(encoded(kind, rng, **options), rng))


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(len(data) * rng.uniform(0.02, 0.97))]


def flipped(kind: str, first: float, last: float, **options: object) -> Write:
    """Flip a bit between two shares of the file."""

    def write(path: Path, rng: np.random.Generator) -> None:
        data = bytearray(encoded(kind, rng, **options))
        data[int(len(data) * rng.uniform(first, last))] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)

    return write


def overwritten(kind: str, place: int | bytes, new: bytes, after: int = 0) -> Write:
    """Put other bytes at an offset, or so many bytes behind a mark."""

    def write(path: Path, rng: np.random.Generator) -> None:
        data = bytearray(encoded(kind, rng))
        start = data.index(place) + after if isinstance(place, bytes) else place
        data[start : start + len(new)] = new
        path.write_bytes(data)

    return write


def containing(data: bytes) -> Write:
    return lambda path, rng: path.write_bytes(data)


def several(kind: str, **options: object) -> Write:
    def write(path: Path, rng: np.random.Generator) -> None:
        frames = [Image.fromarray(picture(rng)) for _ in range(3)]
        frames[0].save(path, kind, save_all=True, append_images=frames[1:], **options)

    return write


def ended_early(path: Path, rng: np.random.Generator) -> None:
    """A JPEG that says it is over before its last row."""
    data = encoded("JPEG", rng, quality=95)
    path.write_bytes(data[: int(len(data) * rng.uniform(0.4, 0.9))] + b"\xff\xd9")


def zero_tail(path: Path, rng: np.random.Generator) -> None:
    """What a crash leaves of a file whose size was written before its content."""
    data = encoded("PNG", rng)
    kept = int(len(data) * rng.uniform(0.1, 0.9))
    path.write_bytes(data[:kept] + bytes(len(data) - kept))


def rows_missing(path: Path, rng: np.random.Generator) -> None:
    """A PNG with right checksums, and fewer rows than its header says."""
    path.write_bytes(png(SIZE[1], SIZE[0] + 7, 8, 2, rows_of(picture(rng))))


def seen_through(path: Path, rng: np.random.Generator) -> None:
    pixels = np.dstack([picture(rng), np.full(SIZE, 255, np.uint8)])
    pixels[rng.integers(SIZE[0]), rng.integers(SIZE[1]), 3] = 254
    Image.fromarray(pixels, "RGBA").save(path)


def turned(kind: str) -> Write:
    def write(path: Path, rng: np.random.Generator) -> None:
        exif = Image.Exif()
        exif[274] = int(rng.integers(2, 9))
        path.write_bytes(encoded(kind, rng, exif=exif))

    return write


def huge_tiff(path: Path, rng: np.random.Generator) -> None:
    tags = {256: 90_000, 257: 90_000, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 90_000, 279: 1}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4))


def locked(path: Path, rng: np.random.Generator) -> None:
    """A file nobody may read; root may, so it gets a link to nowhere."""
    if os.geteuid() == 0:
        path.symlink_to("nowhere.png")
        return
    path.write_bytes(encoded("PNG", rng))
    path.chmod(0)


PAGE = b"<!DOCTYPE html><title>404 Not Found</title>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n"

STATES: tuple[tuple[str, str, Write], ...] = (
    ("cut.png", DROPPED, truncated("PNG")),
    ("cut.jpg", DROPPED, truncated("JPEG", quality=95)),
    ("cut-progressive.jpg", DROPPED, truncated("JPEG", progressive=True)),
    ("cut.tif", DROPPED, truncated("TIFF")),
    ("cut-lzw.tif", DROPPED, truncated("TIFF", compression="tiff_lzw")),
    ("cut-deflate.tif", DROPPED, truncated("TIFF", compression="tiff_deflate")),
    ("cut.webp", DROPPED, truncated("WEBP")),
    ("cut-lossless.webp", DROPPED, truncated("WEBP", lossless=True)),
    ("cut.bmp", DROPPED, truncated("BMP")),
    ("cut-deep.png", DROPPED, lambda path, rng: path.write_bytes(cut(deep(".png", rng), rng))),
    ("ended-early.jpg", DROPPED, ended_early),
    ("zero-tail.png", DROPPED, zero_tail),
    ("rows-missing.png", DROPPED, rows_missing),
    ("empty.png", DROPPED, containing(b"")),
    ("empty.jpg", DROPPED, containing(b"")),
    ("text.png", DROPPED, containing(PAGE)),
    ("pointer.jpg", DROPPED, containing(POINTER)),
    ("text.tif", DROPPED, containing(b"II* but no more than this")),
    ("noise.webp", DROPPED, lambda path, rng: path.write_bytes(rng.bytes(5000))),
    ("flipped.png", DROPPED, flipped("PNG", 0.1, 0.9)),
    ("flipped-deflate.tif", DROPPED, flipped("TIFF", 0.1, 0.8, compression="tiff_deflate")),
    ("checksum.png", DROPPED, overwritten("PNG", b"IEND", b"\1\2\3\4", after=-8)),
    ("signature.png", DROPPED, overwritten("PNG", 0, b"\x88PNH")),
    ("header.png", DROPPED, overwritten("PNG", 18, b"\0\7")),
    ("size.jpg", DROPPED, overwritten("JPEG", b"\xff\xc0", bytes(4), after=5)),
    ("folder.tif", DROPPED, overwritten("TIFF", 4, b"\xff\xff\xff\x7f")),
    ("kind.webp", DROPPED, overwritten("WEBP", 12, b"VPXX")),
    ("bits.bmp", DROPPED, overwritten("BMP", 28, b"\x4d")),
    ("huge.png", DROPPED, containing(png(60_000, 60_000, 8, 2, b""))),
    ("huge.jpg", DROPPED, overwritten("JPEG", b"\xff\xc0", b"\xff\xdc\xff\xdc", after=5)),
    ("huge.bmp", DROPPED, overwritten("BMP", 18, struct.pack("<ii", 60_000, 60_000))),
    ("huge.tif", DROPPED, huge_tiff),
    ("cmyk.jpg", DROPPED, whole("JPEG", "CMYK")),
    ("cmyk.tif", DROPPED, whole("TIFF", "CMYK")),
    ("lab.tif", DROPPED, whole("TIFF", "LAB")),
    ("float.tif", DROPPED, whole("TIFF", "F")),
    ("animated.gif", DROPPED, several("GIF")),
    ("animated-gif.png", DROPPED, several("GIF")),
    ("animated.webp", DROPPED, several("WEBP")),
    ("animated.png", DROPPED, several("PNG")),
    ("pages.tif", DROPPED, several("TIFF")),
    ("seen-through.png", DROPPED, seen_through),
    ("nowhere.png", DROPPED, lambda path, rng: path.symlink_to("not-there.png")),
    ("itself.png", DROPPED, lambda path, rng: path.symlink_to(path.name)),
    ("folder.png", DROPPED, lambda path, rng: path.mkdir()),
    ("pipe.png", DROPPED, lambda path, rng: os.mkfifo(path)),
    ("locked.png", DROPPED, locked),
    ("caf\udce9.png", DROPPED, whole("PNG")),
    ("two\nlines.png", DROPPED, whole("PNG")),
    ("jpeg.png", REMARK, whole("JPEG", quality=95)),
    ("png.jpg", REMARK, whole("PNG")),
    ("webp.tif", REMARK, whole("WEBP")),
    ("deep.png", REMARK, lambda path, rng: path.write_bytes(deep(".png", rng))),
    ("deep.tif", REMARK, lambda path, rng: path.write_bytes(deep(".tiff", rng))),
    ("deep-gray.png", REMARK, lambda path, rng: path.write_bytes(deep(".png", rng, channels=1))),
    ("gray.jpg", REMARK, whole("JPEG", "L")),
    ("opaque.png", REMARK, whole("PNG", "RGBA")),
    ("turned.jpg", REMARK, turned("JPEG")),
    ("turned.tif", REMARK, turned("TIFF")),
)
"""What files are called, what should become of them, and how they are made."""
