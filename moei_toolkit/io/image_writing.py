"""Write photographs the way they came: bit depth, opacity, gray and colour profile are kept."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from moei_toolkit.errors import ImageError
from moei_toolkit.io.atomic import atomic_write_bytes
from moei_toolkit.io.pixels import LoadedImage, to_gray, to_pixels


@dataclass(frozen=True)
class Format:
    """What a file format can hold, and how Pillow writes it."""

    name: str
    deep: bool
    alpha: bool
    icc: bool
    options: dict[str, Any]
    longest: int = 2**31 - 1
    """Largest side in pixels."""


JPEG = Format(
    "JPEG", deep=False, alpha=False, icc=True, options={"quality": 95, "subsampling": 0}, longest=65500
)
TIFF = Format("TIFF", deep=True, alpha=True, icc=True, options={"compression": "tiff_deflate"})
FORMATS = {
    ".png": Format("PNG", deep=True, alpha=True, icc=True, options={"compress_level": 4}),
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".webp": Format(
        "WEBP", deep=False, alpha=True, icc=True, options={"lossless": True, "exact": True}, longest=16383
    ),
    ".bmp": Format("BMP", deep=False, alpha=False, icc=False, options={}),
}
WRITABLE_SUFFIXES = tuple(FORMATS)
PNG_HEADER_END = 33
"""A PNG's signature (8 bytes) and IHDR chunk (25 bytes)."""


def write_image(path: str | Path, image: Any, like: LoadedImage | None = None) -> None:
    """Write a photograph, whole or not at all.

    JPEG is written at quality 95 without chroma subsampling, everything else without loss. Gray is the
    BT.601 luma. WebP, and 16 bits with opacity, have no gray: those get three equal channels. EXIF data
    is not carried over.

    Args:
        path: Where to; the suffix chooses the format.
        image: (3, H, W) floats in [0, 1], clipped and rounded half up; or (H, W, 3) uint8 / uint16.
        like: The photograph it was made from, for bit depth, opacity, gray and colour profile; its
            bit depth must be that of integer pixels.

    Raises:
        ImageError: The suffix is unknown, the format cannot hold the photograph, or sizes differ.
        StoreError: The disk is full or read-only.
    """
    path = Path(path)
    layout = _format(path)
    pixels = _as_pixels(image, 8 if like is None else like.bit_depth)
    if like is not None and pixels.dtype != like.pixels.dtype:
        raise ImageError(f"{path}: got {pixels.dtype} pixels for a photograph of {like.bit_depth} bits")
    if like is not None and pixels.shape != like.pixels.shape:
        raise ImageError(f"{path}: {pixels.shape} pixels do not fit a photograph of {like.pixels.shape}")
    alpha, icc = (None, None) if like is None else (like.alpha, like.icc)
    _check_fits(path, layout, pixels, alpha, icc)
    gray = like is not None and like.was_gray
    channels = [to_gray(pixels)[..., None] if gray else pixels]
    channels += [] if alpha is None else [alpha[..., None]]
    atomic_write_bytes(path, _encode(np.concatenate(channels, axis=2), layout, icc))


def require_writable(path: str | Path, like: LoadedImage) -> None:
    """Check that a restoration of a photograph can be written to a file, before the work is done.

    Raises:
        ImageError: The suffix is unknown, or the format cannot hold the photograph.
    """
    path = Path(path)
    _check_fits(path, _format(path), like.pixels, like.alpha, like.icc)


def _format(path: Path) -> Format:
    layout = FORMATS.get(path.suffix.lower())
    if layout is None:
        known = ", ".join(WRITABLE_SUFFIXES)
        raise ImageError(f"{path}: cannot write a {path.suffix or 'suffixless'} file; supported: {known}")
    return layout


def _as_pixels(image: Any, bit_depth: int) -> np.ndarray:
    array = np.asarray(image)
    if array.dtype not in (np.uint8, np.uint16):
        return to_pixels(array, bit_depth)
    if array.ndim != 3 or array.shape[2] != 3:
        raise ImageError(f"expected (H, W, 3) integer pixels, got shape {array.shape}")
    return array


def _check_fits(
    path: Path, layout: Format, pixels: np.ndarray, alpha: np.ndarray | None, icc: bytes | None
) -> None:
    lost = [
        name
        for name, present, held in (
            ("16 bits", pixels.dtype == np.uint16, layout.deep),
            ("opacity", alpha is not None, layout.alpha),
            ("a colour profile", icc is not None, layout.icc),
            (f"sides above {layout.longest} pixels", max(pixels.shape[:2]) > layout.longest, False),
        )
        if present and not held
    ]
    if lost:
        raise ImageError(f"{path}: {layout.name} cannot hold {' and '.join(lost)}; write a .png or .tif file")


def _encode(channels: np.ndarray, layout: Format, icc: bytes | None) -> bytes:
    """Encode (H, W, C) uint8 or uint16, C = 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA)."""
    if channels.dtype == np.uint8:
        return _encode_8_bit(channels, layout, icc)
    if channels.shape[2] == 2:
        channels = channels[..., [0, 0, 0, 1]]
    return _encode_png_16(channels, icc) if layout.name == "PNG" else _encode_tiff_16(channels, icc)


def _encode_8_bit(channels: np.ndarray, layout: Format, icc: bytes | None) -> bytes:
    buffer = BytesIO()
    picture = Image.fromarray(channels[..., 0] if channels.shape[2] == 1 else channels)
    picture.save(buffer, layout.name, icc_profile=icc, **layout.options)
    return buffer.getvalue()


def _encode_png_16(channels: np.ndarray, icc: bytes | None) -> bytes:
    import cv2

    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels.shape[2]]
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(channels[..., order]))
    if not done:
        raise ImageError(f"OpenCV could not encode {channels.shape} 16-bit pixels as PNG")
    data = encoded.tobytes()
    return data if icc is None else _with_icc(data, icc)


def _with_icc(png: bytes, icc: bytes) -> bytes:
    """Insert a colour profile into a PNG: an iCCP chunk right after the header (PNG 1.2, 11.3.3.3)."""
    body = b"iCCP" + b"ICC Profile\0\0" + zlib.compress(icc)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:PNG_HEADER_END] + chunk + png[PNG_HEADER_END:]


def _encode_tiff_16(channels: np.ndarray, icc: bytes | None) -> bytes:
    import tifffile

    buffer = BytesIO()
    gray = channels.shape[2] == 1
    tifffile.imwrite(
        buffer,
        channels[..., 0] if gray else channels,
        photometric="minisblack" if gray else "rgb",
        extrasamples=["unassalpha"] if channels.shape[2] == 4 else None,
        planarconfig=None if gray else "contig",
        compression="zlib",
        iccprofile=icc,
        metadata=None,
    )
    return buffer.getvalue()
