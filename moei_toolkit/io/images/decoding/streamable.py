"""Which photographs can be decoded from top to bottom, by what their header says."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL.ImageFile import ImageFile

from moei_toolkit.io.images.decoding.header import (
    GRAY_MODES,
    TIFF_BITS,
    TIFF_EXTRA,
    TIFF_PHOTOMETRIC,
    TIFF_PLANAR,
    TIFF_SAMPLE_FORMAT,
    TIFF_TILE_ROWS,
    bits_per_sample,
    tiff_tag,
)
from moei_toolkit.io.images.exif import kept_exif, told_orientation
from moei_toolkit.io.images.traits import Traits

_TIFF_FILL_ORDER, _TIFF_STRIP_ROWS = 266, 278
_TIFF_COMPRESSIONS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits")
_MAX_STRIP_BYTES, _MAX_TILES_BYTES = 2**25, 2**27
"""A compressed strip of a TIFF, or a row of its tiles, is held whole while it is decoded."""
_PNG_HEAD, _PNG_INTERLACE = 33, 28
_PNG_PIXELS, _PNG_UNSTREAMED = b"IDAT", (b"tRNS", b"acTL")
_PNG_TURNING = (b"Raw profile type exif", b"XML:com.adobe.xmp")
"""Keywords of PNG texts that may hold an orientation."""


def can_stream(path: Path, image: ImageFile) -> bool:
    """Tell whether a photograph can be decoded from top to bottom, to the very pixels of `read_image`.

    Those are PNG that is not interlaced, baseline JPEG, and TIFF with 8 or 16 bits, channels side by side, no
    JPEG inside, no compressed strip above 32 MB and no row of tiles above 128 MB; all of them upright,
    without a transparent colour, and with metadata before the pixels, in a TIFF without zeros in its texts:
    libvips warns of those as it does of missing pixels.

    Args:
        path: The file.
        image: The same, opened with Pillow.
    """
    if image.format == "PNG":
        plain = _is_plain_png(path)
    elif image.format == "TIFF":
        plain = _is_plain_tiff(image)
    else:
        plain = image.format in ("JPEG", "MPO") and "progressive" not in image.info
    return plain and told_orientation(image) == 1


def header_traits(path: Path, image: ImageFile) -> Traits:
    """Return what an upright photograph is like, before it is decoded; the arguments are as above."""
    bit_depth = 16 if bits_per_sample(path, image) == 16 else 8
    is_gray, has_alpha = image.mode in GRAY_MODES, image.has_transparency_data
    icc = image.info.get("icc_profile") or None
    return Traits(image.height, image.width, bit_depth, is_gray, has_alpha, icc, kept_exif(image))


def _is_plain_png(path: Path) -> bool:
    """Walk the chunks of a PNG (PNG 1.2, 3.2) for what keeps it from being streamed."""
    with path.open("rb") as file:
        if file.read(_PNG_HEAD)[_PNG_INTERLACE]:
            return False
        seen_pixels = False
        while len(start := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", start)
            if name in _PNG_UNSTREAMED or (seen_pixels and name == b"eXIf"):
                return False
            text = file.read(min(length, 32)) if name.endswith(b"Xt") else b""
            if seen_pixels and text.startswith(_PNG_TURNING):
                return False
            seen_pixels = seen_pixels or name == _PNG_PIXELS
            file.seek(length - len(text) + 4, 1)
    return True


def _is_plain_tiff(image: ImageFile) -> bool:
    bits, photometric = tiff_tag(image, TIFF_BITS, (1,)), tiff_tag(image, TIFF_PHOTOMETRIC, 0)
    extra, formats = tiff_tag(image, TIFF_EXTRA, ()), tiff_tag(image, TIFF_SAMPLE_FORMAT, (1,))
    return (
        set(bits) in ({8}, {16})
        and len(bits) == {1: 1, 2: 3}.get(photometric, 0) + len(extra)
        and tuple(extra) in ((), (2,))  # opacity, not multiplied in
        and set(formats) == {1}  # unsigned integers
        and tiff_tag(image, TIFF_PLANAR, 1) == 1  # channels side by side
        and tiff_tag(image, _TIFF_FILL_ORDER, 1) == 1  # bits in the usual order
        and image.info.get("compression") in _TIFF_COMPRESSIONS
        and _is_in_small_parts(image, sum(bits) // 8)
        and not (len(bits) == 2 and 16 in bits)
        and not any("\0" in text for text in _texts(image))
    )


def _texts(image: ImageFile) -> Iterator[str]:
    """Yield the texts of a TIFF; EXIF separates two names by a zero, and cameras fill texts up with them."""
    tiff: Any = image
    yield from (value for value in tiff.tag_v2.values() if isinstance(value, str))


def _is_in_small_parts(image: ImageFile, pixel_bytes: int) -> bool:
    tile_rows = tiff_tag(image, TIFF_TILE_ROWS, None)
    if tile_rows is not None:
        return tile_rows * image.width * pixel_bytes <= _MAX_TILES_BYTES
    rows = min(tiff_tag(image, _TIFF_STRIP_ROWS, image.height), image.height)
    return image.info.get("compression") == "raw" or rows * image.width * pixel_bytes <= _MAX_STRIP_BYTES
