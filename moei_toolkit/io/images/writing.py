"""Write photographs that lie in memory; see `write_rows` for those whose rows arrive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.encoding.formats import format_for
from moei_toolkit.io.images.encoding.rows import Like, encode_rows
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.pixels import to_pixels


def write_image(path: str | Path, image: Any, like: LoadedImage | None = None) -> None:
    """Write a photograph, whole or not at all.

    JPEG is written at quality 95 without chroma subsampling, everything else without loss. Gray is the
    BT.601 luma. WebP, and 16 bits with opacity, have no gray: those get three equal channels. EXIF data is
    kept, except in BMP; XMP is not.

    Args:
        path: Where to; the suffix chooses the format.
        image: (3, H, W) floats in [0, 1], clipped and rounded half up; or (H, W, 3) uint8 / uint16.
        like: The photograph it was made from, for bit depth, opacity, gray, colour profile and EXIF data; its
            bit depth must be that of integer pixels.

    Raises:
        ImageError: The suffix is unknown, the format cannot hold the photograph, or sizes differ.
        StoreError: The disk is full or read-only.
    """
    path = Path(path)
    pixels = _as_pixels(image, 8 if like is None else like.bit_depth)
    if like is None:
        like = LoadedImage(pixels)
    if pixels.dtype != like.pixels.dtype:
        raise ImageError(f"{path}: got {pixels.dtype} pixels for a photograph of {like.bit_depth} bits")
    if pixels.shape != like.pixels.shape:
        raise ImageError(f"{path}: {pixels.shape} pixels do not fit a photograph of {like.pixels.shape}")
    encode_rows(path, [(0, pixels)], like)


def require_writable(path: str | Path, like: Like) -> None:
    """Check that a restoration of a photograph can be written to a file, before the work is done.

    Raises:
        ImageError: The suffix is unknown, or the format cannot hold the photograph.
    """
    format_for(Path(path), like.traits)


def _as_pixels(image: Any, bit_depth: int) -> np.ndarray:
    array = np.asarray(image)
    if array.dtype not in (np.uint8, np.uint16):
        return to_pixels(array, bit_depth)
    if array.ndim != 3 or array.shape[2] != 3:
        raise ImageError(f"expected (H, W, 3) integer pixels, got shape {array.shape}")
    return array
