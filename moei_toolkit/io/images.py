"""Photographs in and out: what the rest of the toolkit uses to touch image files."""

from __future__ import annotations

from moei_toolkit.io.formats import WRITABLE_SUFFIXES
from moei_toolkit.io.image_reading import read_image
from moei_toolkit.io.image_writing import require_writable, write_image
from moei_toolkit.io.photograph import Photograph, open_photograph
from moei_toolkit.io.pixels import LoadedImage, to_float, to_pixels
from moei_toolkit.io.row_writer import RowWriter, write_rows

__all__ = [
    "WRITABLE_SUFFIXES",
    "LoadedImage",
    "Photograph",
    "RowWriter",
    "open_photograph",
    "read_image",
    "require_writable",
    "to_float",
    "to_pixels",
    "write_image",
    "write_rows",
]
