"""EXIF data as files carry it, made to tell of upright pixels."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from PIL import Image, TiffImagePlugin

from moei_toolkit.io.images.decoding.header import DECODE_ERRORS

ORIENTATION = 274
TURNED = range(2, 9)
"""Orientations that are not upright."""

_EXIF_FOLDER, _GPS_FOLDER = 0x8769, 0x8825
EXIF_FOLDERS = frozenset({_EXIF_FOLDER, _GPS_FOLDER})
"""Tags that hold further tags."""

_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003
_PREFIX = b"Exif\0\0"
_RAW_PROFILE = "Raw profile type exif"
_WIDTHS = {1: "B", 3: "H", 4: "L"}
"""How a whole number lies in a file, by the type of its tag."""
_TITLES = range(40091, 40096)  # as file managers write them

DESCRIPTIVE = frozenset(
    {269, 270, 271, 272, 282, 283, 296, 305, 306, 315, 316, 33432, *EXIF_FOLDERS, *_TITLES}
)
"""Tags of a TIFF that describe the picture instead of how its pixels are laid out."""


def told_orientation(image: Image.Image) -> int:
    """Return the orientation of an opened image, 1 to 8; 1 where none is told or EXIF data is damaged."""
    try:
        # The plugin's own getexif() would decode a PNG to look behind its pixels.
        said = Image.Image.getexif(image).get(ORIENTATION, 1)
    except DECODE_ERRORS:
        return 1
    return said if said in TURNED else 1


def kept_exif(image: Image.Image) -> bytes | None:
    """Return the EXIF data of an opened image for its pixels turned upright; None without any, or if damaged.

    Nothing is interpreted but what turning changes: the orientation becomes upright, the noted sides change
    places, and the thumbnail, which would show the picture unrestored, is unlinked.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _exif_of_tiff(image)
    try:
        raw = _raw_exif(image)
        Image.Exif().load(raw)
    except DECODE_ERRORS:
        return None
    return upright_exif(raw) if raw else None


def _raw_exif(image: Image.Image) -> bytes:
    raw: bytes = image.info.get("exif", b"")
    if not raw and _RAW_PROFILE in image.info:
        raw = bytes.fromhex("".join(image.info[_RAW_PROFILE].split("\n")[3:]))
    while raw.startswith(_PREFIX):
        raw = raw[len(_PREFIX) :]
    return raw


def _exif_of_tiff(image: TiffImagePlugin.TiffImageFile) -> bytes | None:
    exif = image.getexif()
    for tag in set(exif) - DESCRIPTIVE:
        del exif[tag]
    exif.update(with_exact_texts(exif))
    for tag in EXIF_FOLDERS & set(exif):
        exif[tag] = with_exact_texts(exif.get_ifd(tag))
    exif.bigtiff = False
    return exif.tobytes().removeprefix(_PREFIX) if len(exif) else None


def with_exact_texts(values: Mapping[int, Any]) -> dict[int, Any]:
    """Return tags that Pillow has read so that it writes the same bytes, also of texts beyond ASCII."""
    return {
        tag: value.encode("latin-1") if isinstance(value, str) and not value.isascii() else value
        for tag, value in values.items()
    }


def upright_exif(raw: bytes) -> bytes:
    """Return EXIF data, in the form of a small TIFF, as it is once the pixels are turned upright."""
    data = bytearray(raw)
    order = "<" if data[:2] == b"II" else ">"
    top, end = _entries(data, 4, order)
    if ORIENTATION in top:
        kind = _WIDTHS.get(struct.unpack_from(order + "H", data, top[ORIENTATION] + 2)[0], "H")
        value = struct.unpack_from(order + kind, data, top[ORIENTATION] + 8)[0]
        struct.pack_into(order + kind, data, top[ORIENTATION] + 8, 1)
        inner = _entries(data, top[_EXIF_FOLDER] + 8, order)[0] if _EXIF_FOLDER in top else {}
        if value in (5, 6, 7, 8) and {_PIXEL_WIDTH, _PIXEL_HEIGHT} <= inner.keys():
            width, height = (slice(inner[tag] + 2, inner[tag] + 12) for tag in (_PIXEL_WIDTH, _PIXEL_HEIGHT))
            data[width], data[height] = data[height], data[width]
    if end + 4 <= len(data):
        struct.pack_into("4x", data, end)
    return bytes(data)


def _entries(data: bytearray, pointer: int, order: str) -> tuple[dict[int, int], int]:
    """Return where the entries of a TIFF folder lie, by tag, and where they end, as far as it is whole."""
    if pointer + 4 > len(data):
        return {}, len(data)
    (start,) = struct.unpack_from(order + "L", data, pointer)
    if start + 2 > len(data):
        return {}, len(data)
    (count,) = struct.unpack_from(order + "H", data, start)
    end = start + 2 + 12 * count
    places = range(start + 2, min(end, len(data) - 11), 12)
    return {struct.unpack_from(order + "H", data, place)[0]: place for place in places}, end
