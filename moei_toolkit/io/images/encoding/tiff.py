"""TIFF files made while their rows arrive (TIFF 6.0, and BigTIFF where 4 GB do not suffice)."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterable
from typing import IO, Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.decoding.header import DECODE_ERRORS
from moei_toolkit.io.images.encoding.deflate import FAST
from moei_toolkit.io.images.exif import DESCRIPTIVE, EXIF_FOLDERS, with_exact_texts
from moei_toolkit.io.images.traits import Traits

_STRIP_BYTES = 2**20
_CLASSIC_BYTES = 2**32 - 2**27
"""A classic TIFF cannot be larger than 4 GB; compression may add a little."""
_LONG, _LONG8 = 4, 16
_STRIP_OFFSETS, _STRIP_BYTE_COUNTS = 273, 279
_INTEROP_FOLDER = 40965


def write_tiff(file: IO[bytes], pieces: Iterable[np.ndarray], traits: Traits, channels: int) -> None:
    """Encode an image: strips, each row the differences of neighbours, deflated.

    Args:
        file: Empty, to be written and sought in.
        pieces: Rows (h, W, C) uint8 or uint16 that follow each other.
        traits: Size, bit depth, colour profile and EXIF data.
        channels: C: 1 (gray), 2 (gray, opacity), 3 (RGB) or 4 (RGB, opacity).

    Raises:
        ImageError: The EXIF data is damaged.
    """
    row_bytes = traits.width * channels * traits.bit_depth // 8
    rows = max(1, _STRIP_BYTES // row_bytes)
    is_big = traits.height * row_bytes > _CLASSIC_BYTES
    head = b"II\x2b\0\x08\0\0\0\x10" + bytes(7) if is_big else b"II\x2a\0\x08\0\0\0"
    folder = _folder(head, traits, channels, rows)
    strips = -(-traits.height // rows)
    _place_strips(folder, [0] * strips, [0] * strips, is_big)
    file.write(head + folder.tobytes(len(head)))  # as long as the final one, which takes its place
    start, offsets, sizes = file.tell(), [], []
    for strip in _cut(pieces, rows):
        offsets.append(file.tell() - start)  # Pillow counts from behind the folder
        packer = zlib.compressobj(*FAST)
        sizes.append(file.write(packer.compress(_differences(strip).data) + packer.flush()))
    _place_strips(folder, offsets, sizes, is_big)
    file.seek(len(head))
    file.write(folder.tobytes(len(head)))


def _folder(head: bytes, traits: Traits, channels: int, rows: int) -> ImageFileDirectory_v2:
    tags: dict[int, Any] = {
        256: traits.width,
        257: traits.height,
        258: (traits.bit_depth,) * channels,
        259: 8,  # deflate
        262: 1 if channels < 3 else 2,  # gray or RGB
        277: channels,
        278: rows,
        284: 1,  # channels side by side
        317: 2,  # differences
    }
    if channels in (2, 4):
        tags[338] = 2  # opacity, not multiplied in
    if traits.icc is not None:
        tags[34675] = traits.icc
    folder = ImageFileDirectory_v2(head)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of EXIF data that is cut off, what is there is kept
            described = _described(traits.exif)
        for tag, value in {**described, **tags}.items():
            folder[tag] = value
        folder.tobytes()
    except DECODE_ERRORS as error:
        raise ImageError(
            f"its EXIF data is damaged and does not fit a TIFF ({error}); write a .png"
        ) from error
    return folder


def _described(raw: bytes | None) -> dict[int, Any]:
    """Return EXIF data as tags, with folders in it as further ones."""
    exif = Image.Exif()
    exif.load(raw or b"")
    found = with_exact_texts({tag: exif[tag] for tag in exif if tag in DESCRIPTIVE})
    for tag in EXIF_FOLDERS & set(found):
        found[tag] = with_exact_texts(exif.get_ifd(tag))
        if _INTEROP_FOLDER in found[tag]:
            found[tag][_INTEROP_FOLDER] = exif.get_ifd(_INTEROP_FOLDER)
    return found


def _place_strips(folder: ImageFileDirectory_v2, offsets: list[int], sizes: list[int], is_big: bool) -> None:
    for tag, values in ((_STRIP_OFFSETS, offsets), (_STRIP_BYTE_COUNTS, sizes)):
        folder.tagtype[tag] = _LONG8 if is_big else _LONG
        folder[tag] = tuple(values)


def _cut(pieces: Iterable[np.ndarray], rows: int) -> Iterable[np.ndarray]:
    """Cut rows that arrive in pieces of any height into strips of ``rows``, the last one maybe shorter."""
    held: list[np.ndarray] = []
    for piece in pieces:
        held.append(piece)
        while sum(map(len, held)) >= rows:
            joined = np.concatenate(held)
            yield joined[:rows]
            held = [joined[rows:]]
    if any(map(len, held)):
        yield np.concatenate(held)


def _differences(strip: np.ndarray) -> np.ndarray:
    strip = strip.astype(strip.dtype.newbyteorder("<"), order="C")
    strip[:, 1:] -= strip[:, :-1].copy()
    return strip
