"""Photographs decoded whole with libvips, told to give up where other decoders paint over what is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL.ImageFile import ImageFile

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.decoding.header import TIFF_PLANAR, TIFF_TILE_ROWS, tiff_tag
from moei_toolkit.io.images.vips import import_vips

_KINDS = ("PNG", "JPEG", "MPO", "TIFF")
_UNREAD = ("lzma", "zstd", "webp")
"""Compressions of TIFF that libvips is often built without."""


def reads_strictly(image: ImageFile) -> bool:
    """Tell whether libvips can decode a photograph, opened with Pillow, and looks closer than Pillow does."""
    if image.format not in _KINDS or image.info.get("compression") in _UNREAD:
        return False
    has_planes = image.format == "TIFF" and tiff_tag(image, TIFF_PLANAR, 1) != 1
    return not (has_planes and tiff_tag(image, TIFF_TILE_ROWS, None))  # which it never decodes


def decode_strictly(path: Path, kind: str, is_plain: bool) -> np.ndarray:
    """Decode a photograph that it `reads_strictly`, as it lies in the file.

    Refused are a PNG with a wrong checksum or too few rows, a JPEG whose data break off or make no sense, and
    a TIFF with strips that cannot be decoded. Nobody can tell that a bit is wrong where a JPEG still makes
    sense, or in a TIFF whose compression has no checksum.

    Args:
        path: The file.
        kind: Its format, as Pillow calls it.
        is_plain: Whether it `can_stream`.

    Returns:
        (H, W, C), mostly uint8 or uint16; C = 1 (gray), 2 (gray, opacity), 3 (RGB) or 4.

    Raises:
        ImageError: The file is damaged or truncated.
    """
    pyvips = import_vips()

    try:
        source = pyvips.Source.new_from_file(os.fsencode(path))  # in a name, brackets would be options
        image = pyvips.Image.new_from_source(source, "", access="sequential", fail_on=fail_on(kind, is_plain))
        pixels: np.ndarray = image.numpy()
    except pyvips.Error as error:
        raise ImageError(f"{path}: damaged or truncated: {reason_of(error)}") from error
    return pixels.reshape(image.height, image.width, image.bands)


def fail_on(kind: str, is_plain: bool = True) -> str:
    """Return what libvips is to refuse: warnings too, unless they may tell of anything but missing pixels."""
    return "error" if kind == "PNG" or (kind == "TIFF" and not is_plain) else "warning"


def reason_of(error: Any) -> str:
    """Return what libvips complained about first, without the name of its part that did."""
    return str(error.detail).strip().partition("\n")[0].partition(": ")[2] or "its end is missing"
