"""From rows of pixels to a file: bit depth, gray, opacity, colour profile and EXIF data are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Protocol

import numpy as np
from PIL import Image

from moei_toolkit.errors import ImageError, located
from moei_toolkit.io.half_written import atomic_file
from moei_toolkit.io.images.encoding.formats import format_for, is_written_gray
from moei_toolkit.io.images.encoding.jpeg import write_jpeg
from moei_toolkit.io.images.encoding.png import png_parts
from moei_toolkit.io.images.encoding.tiff import write_tiff
from moei_toolkit.io.images.pixel_source import PixelSource
from moei_toolkit.io.images.pixels import to_gray
from moei_toolkit.io.images.traits import Traits

_PIECE_VALUES = 2**17
"""Values that are converted at a time: few enough for the cache of a processor."""
_PILLOW_OPTIONS = {"WEBP": {"lossless": True, "exact": True}, "BMP": {}}


class Like(Protocol):
    """The photograph whose manner a picture is written in."""

    @property
    def traits(self) -> Traits:
        """What it is like, beside its pixels."""
        ...

    def opacity(self) -> AbstractContextManager[PixelSource | None]:
        """Hand out rows (h, W) of its opacity, or None when it has none."""
        ...


def encode_rows(
    path: Path,
    rows: Iterable[tuple[int, np.ndarray]],
    like: Like,
    on_whole: Callable[[], None] | None = None,
) -> None:
    """Write a file while its rows arrive, whole or not at all.

    PNG, TIFF and JPEG are encoded piece by piece; of the other formats, all rows are gathered first.

    Args:
        path: Where to; the suffix chooses the format.
        rows: (top, (h, W, 3)) from top to bottom, together the image: integers in the type of the photograph.
        like: The photograph.
        on_whole: Called once all is written, before the file takes its name.

    Raises:
        ImageError: The format cannot hold the photograph, or rows are missing.
        StoreError: The disk is full or read-only.
    """
    traits = like.traits
    name = format_for(path, traits).name
    with atomic_file(path) as file, located(str(path)), like.opacity() as opacity:
        pieces, channels = _pieces(rows, traits, opacity), _count_channels(traits)
        if name == "PNG":
            file.writelines(png_parts(pieces, traits, channels))
        elif name == "TIFF":
            write_tiff(file, pieces, traits, channels)
        elif name == "JPEG":
            write_jpeg(file, pieces, traits, channels)
        else:
            _write_whole(file, pieces, traits, name)
        if on_whole is not None:
            on_whole()


def _write_whole(file: IO[bytes], pieces: Iterable[np.ndarray], traits: Traits, name: str) -> None:
    pixels = np.concatenate(list(pieces))
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    picture.save(file, name, icc_profile=traits.icc, exif=traits.exif or b"", **_PILLOW_OPTIONS[name])


def _count_channels(traits: Traits) -> int:
    return (1 if is_written_gray(traits) else 3) + traits.has_alpha


def _pieces(
    rows: Iterable[tuple[int, np.ndarray]], traits: Traits, opacity: PixelSource | None
) -> Iterator[np.ndarray]:
    """Yield (h, W, C) integers as the file holds them, C = 1 (gray), 2 (gray, opacity), 3 (RGB) or 4."""
    step = max(1, _PIECE_VALUES // (3 * traits.width))
    expected = 0
    for top, block in rows:
        bottom = top + len(block)
        if top != expected or block.shape[1:] != (traits.width, 3) or bottom > traits.height:
            size = f"{traits.height}x{traits.width}"
            raise ImageError(f"rows {block.shape} at {top} do not follow row {expected} of {size}")
        for start in range(0, len(block), step):
            colours = _colours(block[start : start + step], traits)
            if opacity is not None:
                first = top + start
                colours = np.dstack((colours, opacity.rows(first, first + len(colours))))
            yield colours
        expected = bottom
    if expected != traits.height:
        raise ImageError(f"only {expected} of {traits.height} rows arrived")


def _colours(pixels: np.ndarray, traits: Traits) -> np.ndarray:
    if not traits.was_gray:
        return pixels
    gray = to_gray(pixels)[..., None]
    return gray if is_written_gray(traits) else gray.repeat(3, axis=2)
