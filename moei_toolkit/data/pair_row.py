"""One row of a pair store: a small header, then the raw pixels."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from moei_toolkit.errors import DataError

HEADER = struct.Struct("<4sHHIII")
MAGIC = b"MOEI"
VERSION = 1


def pack_row(pixels: np.ndarray) -> bytes:
    """Return the bytes of a row: magic, version, channels, height, width, crc32, pixels.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Raises:
        DataError: When the pixels are of another type or shape.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise DataError(f"pair store: expected (H, W, 3) uint8 pixels, got {pixels.shape} {pixels.dtype}.")
    body = np.ascontiguousarray(pixels).tobytes()
    return HEADER.pack(MAGIC, VERSION, 3, *pixels.shape[:2], zlib.crc32(body)) + body


class HeldPixels:
    """Memory of a row as the array protocol sees it, with what must live as long as an array over it.

    Args:
        pixels: Array over the memory.
        owner: Kept alive by every array made from this object, and by their slices.
    """

    def __init__(self, pixels: np.ndarray, owner: object) -> None:
        self.owner = owner
        self.__array_interface__ = pixels.__array_interface__


def view_row(row: memoryview, where: str, owner: object) -> np.ndarray:
    """Return the pixels of a row without copying them.

    Args:
        row: The bytes of a row.
        where: File and key, for messages.
        owner: What keeps the bytes valid; it lives at least as long as the pixels.

    Returns:
        (H, W, 3) uint8 RGB, read-only.

    Raises:
        DataError: When the header is not one of ours or the row is too short.
    """
    channels, height, width, _ = _header(row, where)
    pixels = np.frombuffer(row, np.uint8, offset=HEADER.size).reshape(height, width, channels)
    pixels.flags.writeable = False
    return np.asarray(HeldPixels(pixels, owner))


def check_row(row: memoryview, where: str) -> None:
    """Raise DataError when the pixels do not match their checksum."""
    expected = _header(row, where)[3]
    found = zlib.crc32(row[HEADER.size :])
    if found != expected:
        raise DataError(
            f"{where}: expected crc32 {expected:08x}, got {found:08x}. The file is damaged; prepare again."
        )


def _header(row: memoryview, where: str) -> tuple[int, int, int, int]:
    if len(row) < HEADER.size:
        raise DataError(f"{where}: expected a row of pixels, got {len(row)} bytes. Prepare the data again.")
    magic, version, channels, height, width, checksum = HEADER.unpack_from(row)
    size = HEADER.size + height * width * channels
    if magic != MAGIC or version != VERSION or channels != 3 or len(row) != size:
        raise DataError(
            f"{where}: expected a version {VERSION} row of {size} bytes, got {len(row)} bytes starting "
            f"with {bytes(row[:4])!r}. The file is damaged or foreign; prepare the data again."
        )
    return channels, height, width, checksum
