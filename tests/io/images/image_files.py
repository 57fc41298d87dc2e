"""Pictures to write into files, and PNG files made by hand."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import ImageCms

RGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(*shape: int, depth: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2**depth, shape, dtype=np.uint16 if depth == 16 else np.uint8)


def png(width: int, height: int, depth: int, kind: int, raw: bytes, extra: bytes = b"") -> bytes:
    """Build a PNG by hand, honest or not."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rows_of(pixels: np.ndarray) -> bytes:
    big_endian = pixels.astype(pixels.dtype.newbyteorder(">"))
    return b"".join(b"\0" + row.tobytes() for row in big_endian)
