"""Can a file be used as a photograph, and do two of them belong together?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moei_toolkit.errors import DataError, ImageError
from moei_toolkit.io.images.decoding.header import MAX_PIXELS
from moei_toolkit.io.images.encoding.formats import FORMATS
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.pixels import to_eight_bits
from moei_toolkit.io.images.reading import read_image
from moei_toolkit.io.text import is_text

_BORDER = 0.05
"""Sizes that differ by a smaller share are those of cropped images."""


@dataclass(frozen=True)
class Checked:
    """A photograph that can be used.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright.
        remarks: What was changed, left out or unexpected, for people.
    """

    pixels: np.ndarray
    remarks: tuple[str, ...]


def read_checked(path: Path, max_pixels: int = MAX_PIXELS, min_side: int = 1) -> Checked:
    """Read a photograph of a stranger, or say why it cannot be used.

    Usable, with a remark, are gray photographs, 16 bits per sample (reduced to 8, rounded), opacity that
    hides nothing, an EXIF orientation (applied), and another kind of file than the name says.

    Args:
        path: The file.
        max_pixels: Photographs with more pixels are refused before they are decoded. Decoding takes up to
            about 16 bytes of memory a pixel, and twice as much of 16-bit samples.
        min_side: Photographs with a shorter side are refused.

    Raises:
        ImageError: The file cannot be read or is no regular file, its name cannot be written down, it holds
            no photograph of a supported kind, several, or a damaged one; or the photograph is too large,
            too small, in CMYK or another unsupported colour space, or transparent. The message names the
            file.
    """
    _check_name(path)
    image = read_image(path, max_pixels)
    if min(image.height, image.width) < min_side:
        raise ImageError(
            f"{path}: {image.width}x{image.height} pixels, expected sides of at least {min_side}"
        )
    _check_opacity(path, image)
    return Checked(to_eight_bits(image.pixels), tuple(_remarks(path, image)))


def check_sizes(clean: np.ndarray, degraded: np.ndarray) -> None:
    """Refuse a pair of different sizes, and say what may have happened to it.

    Args:
        clean: (H, W, 3) pixels.
        degraded: (h, w, 3) pixels.

    Raises:
        DataError: The sizes differ.
    """
    (height, width), (rows, columns) = clean.shape[:2], degraded.shape[:2]
    if (height, width) == (rows, columns):
        return
    found = f"the degraded image has {columns}x{rows} pixels and the clean one {width}x{height}"
    raise DataError(f"{found}: {_explained(height, width, rows, columns)}")


def _check_name(path: Path) -> None:
    if not is_text(str(path)):
        raise ImageError(f"{path}: its name is no text that a table can hold; rename it")


def _check_opacity(path: Path, image: LoadedImage) -> None:
    if image.alpha is None:
        return
    seen_through = np.count_nonzero(image.alpha != np.iinfo(image.alpha.dtype).max)
    if seen_through:
        raise ImageError(f"{path}: {seen_through:,} of its pixels are transparent; lay it over a background")


def _remarks(path: Path, image: LoadedImage) -> Iterator[str]:
    expected = FORMATS.get(path.suffix.lower())
    kind = "JPEG" if image.kind == "MPO" else image.kind
    if expected is None or expected.name != kind:
        yield f"it is a {kind} file, which its name does not say"
    if image.bit_depth == 16:
        yield "its 16 bits per sample are reduced to 8, rounded"
    if image.alpha is not None:
        yield "its opacity is left out; no pixel of it is transparent"
    if image.was_gray:
        yield "it is gray; its one channel becomes three equal ones"
    if image.orientation != 1:
        yield f"it is turned upright, as its EXIF orientation ({image.orientation}) asks for"


def _explained(height: int, width: int, rows: int, columns: int) -> str:
    if (rows, columns) == (width, height):
        return "it is turned by a quarter; turn one of them, or correct its EXIF orientation"
    if abs(rows - height) <= _BORDER * height and abs(columns - width) <= _BORDER * width:
        return "borders were cut off one of them; cut the same off the other"
    factor = rows / height
    if abs(columns - factor * width) <= max(1.0, factor):
        return f"it was resized to {factor:.0%}; use files of one resolution"
    return "they do not show the same frame; check which files make a pair"
