"""The rows of an image in a pair store: its raw pixels, and beside them a header and perhaps an overview.

Pixels are a row of their own, so that they are copied only once on their way into the file, however large.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from moei_toolkit.data.storage.stored_image import is_large, shrink
from moei_toolkit.errors import DataError

HEADER_OF, OVERVIEW_OF = b"\0", b"\0overview"
"""What the key of an image is followed by in those of its header and of its overview, an image itself."""
SLOTS = (b"", b"\0other")
"""The same for its pixels, which are not written over while a header leads to them."""
PLACED = 1 << 16
"""Rows of so many bytes or more are read at their place in the file, smaller ones by their key."""

_HEADER = struct.Struct("<4sHHIIIIQ")
_MAGIC = b"MOEI"
_VERSION = 2


@dataclass(frozen=True)
class Header:
    """What is known of a row of pixels.

    Attributes:
        height: Rows of the image.
        width: Columns of the image.
        checksum: crc32 of the pixels.
        slot: Which of ``SLOTS`` they are in.
        place: Where in the file they begin; 0 where that was not noted.
    """

    height: int
    width: int
    checksum: int
    slot: int = 0
    place: int = 0

    @property
    def size(self) -> int:
        """Bytes of the pixels."""
        return self.height * self.width * 3

    def pack(self) -> bytes:
        """Return the bytes of the header."""
        values = self.height, self.width, self.checksum, self.slot, self.place
        return _HEADER.pack(_MAGIC, _VERSION, 3, *values)


def make_rows(name: bytes, pixels: np.ndarray) -> Iterator[tuple[bytes, memoryview, Header]]:
    """Yield the rows of an image with key and header: its pixels, and the overview of a large one.

    Args:
        name: Key of the image.
        pixels: (H, W, 3) uint8 RGB; the row is a view of them where they are contiguous.

    Raises:
        DataError: When the pixels are of another type or shape.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise DataError(f"pair store: expected (H, W, 3) uint8 pixels, got {pixels.shape} {pixels.dtype}.")
    height, width = pixels.shape[:2]
    row = np.ascontiguousarray(pixels).data.cast("B")
    yield name, row, Header(height, width, zlib.crc32(row))
    if is_large(height, width):
        yield from make_rows(name + OVERVIEW_OF, shrink(pixels))


def read_header(data: bytes, where: str) -> Header:
    """Read the bytes of a header.

    Args:
        data: The bytes.
        where: File and key, for messages.

    Raises:
        DataError: When they are not one of ours.
    """
    if len(data) == _HEADER.size:
        magic, version, channels, *values = _HEADER.unpack(data)
        header = Header(*values)
        if (magic, version, channels) == (_MAGIC, _VERSION, 3) and header.slot < len(SLOTS):
            return header
    raise DataError(
        f"{where}: expected a version {_VERSION} header of {_HEADER.size} bytes, got {len(data)} bytes that "
        f"start with {data[:8]!r}. The file is damaged or foreign; prepare the data again."
    )


def check_pixels(pixels: np.ndarray, header: Header, where: str) -> None:
    """Raise DataError when the pixels do not match their checksum."""
    found = zlib.crc32(pixels.data)
    if found != header.checksum:
        raise DataError(
            f"{where}: expected crc32 {header.checksum:08x}, got {found:08x}. The file is damaged; prepare "
            "the data again."
        )
