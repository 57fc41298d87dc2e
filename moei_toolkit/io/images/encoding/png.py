"""PNG files made while their rows arrive (PNG 1.2, W3C)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from moei_toolkit.io.images.encoding.deflate import FAST
from moei_toolkit.io.images.traits import Traits

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""By number of channels: gray, gray with opacity, RGB, RGB with opacity."""
_PLAIN, _AVERAGE = 0, 3
"""Filter types: the bytes themselves, and what they lack to the mean of the left and the upper neighbour."""


def png_parts(pieces: Iterable[np.ndarray], traits: Traits, channels: int) -> Iterator[bytes]:
    """Encode an image.

    Args:
        pieces: Rows (h, W, C) uint8 or uint16 that follow each other.
        traits: Size, bit depth, colour profile and EXIF data.
        channels: C: 1 (gray), 2 (gray, opacity), 3 (RGB) or 4 (RGB, opacity).

    Yields:
        The bytes of the file.
    """
    yield _head(traits, channels)
    if traits.icc is not None:
        yield _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(traits.icc))
    if traits.exif is not None:
        yield _chunk(b"eXIf", traits.exif)
    packer, above = zlib.compressobj(*FAST), None
    for lines in map(_as_bytes, pieces):
        packed = packer.compress(_filtered(lines, above, lines.shape[1] // traits.width).data)
        above = lines[-1]
        if packed:
            yield _chunk(b"IDAT", packed)
    yield _chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b"")


def bare_png_parts(pieces: Iterable[np.ndarray], traits: Traits, channels: int) -> Iterator[bytes]:
    """Wrap an image as a PNG without compression or metadata; see `png_parts`."""
    yield _head(traits, channels)
    packer = zlib.compressobj(0)
    for lines in map(_as_bytes, pieces):
        marked = np.pad(lines, ((0, 0), (1, 0)), constant_values=_PLAIN)
        yield _chunk(b"IDAT", packer.compress(marked.data))
    yield _chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b"")


def _head(traits: Traits, channels: int) -> bytes:
    size = struct.pack(">II", traits.width, traits.height)
    return _SIGNATURE + _chunk(b"IHDR", size + bytes((traits.bit_depth, _COLOUR_TYPES[channels], 0, 0, 0)))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))


def _as_bytes(piece: np.ndarray) -> np.ndarray:
    """Return rows (h, W, C) as (h, bytes per row), 16-bit samples with the high byte first."""
    big_endian = np.ascontiguousarray(piece, piece.dtype.newbyteorder(">"))
    return big_endian.reshape(len(piece), -1).view(np.uint8)


def _filtered(lines: np.ndarray, above: np.ndarray | None, step: int) -> np.ndarray:
    """Return (h, 1 + bytes) with the filter type first; ``step`` is the number of bytes of a pixel."""
    upper = np.empty_like(lines)
    upper[0] = 0 if above is None else above
    upper[1:] = lines[:-1]
    left, upper_right = lines[:, :-step], upper[:, step:]
    filtered = np.empty((len(lines), lines.shape[1] + 1), np.uint8)
    filtered[:, 0] = _AVERAGE
    filtered[:, 1 : 1 + step] = lines[:, :step] - (upper[:, :step] >> 1)
    mean = left & upper_right  # with half of where they differ: their mean, rounded down, in 8 bits
    mean += (left ^ upper_right) >> 1
    np.subtract(lines[:, step:], mean, out=filtered[:, 1 + step :])
    return filtered
