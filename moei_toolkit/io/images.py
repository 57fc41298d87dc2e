"""Photographs in and out: what the rest of the toolkit uses to touch image files."""

from __future__ import annotations

from moei_toolkit.io.image_reading import read_image
from moei_toolkit.io.image_writing import WRITABLE_SUFFIXES, require_writable, write_image
from moei_toolkit.io.pixels import LoadedImage, collect_rows, to_float, to_pixels

__all__ = [
    "WRITABLE_SUFFIXES",
    "LoadedImage",
    "collect_rows",
    "read_image",
    "require_writable",
    "to_float",
    "to_pixels",
    "write_image",
]
