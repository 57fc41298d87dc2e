"""Photographs on disk: their header now, their pixels when they are used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path

import numpy as np

from moei_toolkit.errors import ImageError
from moei_toolkit.io.channel import read_ahead
from moei_toolkit.io.images.decoding.header import MAX_PIXELS, opened_image
from moei_toolkit.io.images.decoding.row_window import RowWindow
from moei_toolkit.io.images.decoding.streamable import can_stream, header_traits
from moei_toolkit.io.images.decoding.strips import decode_strips
from moei_toolkit.io.images.loaded_image import LoadedImage
from moei_toolkit.io.images.pixel_source import ArraySource, PixelSource
from moei_toolkit.io.images.reading import read_image
from moei_toolkit.io.images.traits import Traits

WHOLE_PIXELS = 16_000_000
"""Most pixels of a photograph that is decoded whole although it need not be: decoding once is faster."""
MAX_STREAMED_PIXELS = 1_000_000_000
"""Most pixels of a photograph that is decoded strip by strip."""
_STRIPS_AHEAD = 2


class Photograph(ABC):
    """A photograph in a file.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    @abstractmethod
    def traits(self) -> Traits:
        """Size, bit depth, and what else a restoration keeps; what is decoded whole is so for that."""

    @abstractmethod
    def pixels(self) -> AbstractContextManager[PixelSource]:
        """Hand out the pixels, (h, W, 3) as `read_image` returns them, to be read once from top to bottom.

        Every call begins at the top again.

        Raises:
            ImageError: The file is damaged or truncated; while rows are read, or before.
        """

    @abstractmethod
    def opacity(self) -> AbstractContextManager[PixelSource | None]:
        """Hand out the opacity, (h, W), the same way; None when there is none."""

    @property
    def height(self) -> int:
        """Rows of pixels, upright."""
        return self.traits.height

    @property
    def width(self) -> int:
        """Columns of pixels, upright."""
        return self.traits.width


class WholePhotograph(Photograph):
    """A photograph that is decoded whole, once, when it is first asked for anything."""

    @cached_property
    def _loaded(self) -> LoadedImage:
        return read_image(self.path)

    @property
    def traits(self) -> Traits:
        """See `Photograph`."""
        return self._loaded.traits

    def pixels(self) -> AbstractContextManager[PixelSource]:
        """See `Photograph`."""
        return nullcontext(ArraySource(self._loaded.pixels))

    def opacity(self) -> AbstractContextManager[PixelSource | None]:
        """See `Photograph`."""
        return self._loaded.opacity()


class StreamedPhotograph(Photograph):
    """A photograph that is decoded strip by strip, a little ahead, every time it is read.

    Args:
        path: The file.
        kind: Its format, as Pillow calls it.
        traits: What its header says.
    """

    def __init__(self, path: Path, kind: str, traits: Traits) -> None:
        super().__init__(path)
        self._kind = kind
        self._traits = traits

    @property
    def traits(self) -> Traits:
        """See `Photograph`."""
        return self._traits

    def pixels(self) -> AbstractContextManager[PixelSource]:
        """See `Photograph`."""
        return self._stream(_colours)

    def opacity(self) -> AbstractContextManager[PixelSource | None]:
        """See `Photograph`."""
        return self._stream(_opacity) if self._traits.has_alpha else nullcontext(None)

    @contextmanager
    def _stream(self, select: Callable[[np.ndarray], np.ndarray]) -> Iterator[PixelSource]:
        strips = map(select, decode_strips(self.path, self._kind, self._traits))
        with read_ahead(strips, _STRIPS_AHEAD) as ahead:
            yield RowWindow(self._traits.height, self._traits.width, ahead)


def open_photograph(path: str | Path, whole_pixels: int = WHOLE_PIXELS) -> Photograph:
    """Open a PNG, JPEG, TIFF, WebP or BMP photograph; only its header is read yet.

    PNG, TIFF and baseline JPEG above ``whole_pixels`` are decoded strip by strip, so that memory does not
    grow with their size. Smaller ones, and kinds that cannot be streamed (interlaced, progressive, turned by
    their EXIF data, with a transparent colour, and others; see `can_stream`), are decoded whole, once.

    Args:
        path: The file.
        whole_pixels: Most pixels that are decoded whole without need.

    Raises:
        ImageError: The file cannot be read, for the reasons of `read_image`. The bound is
            `MAX_STREAMED_PIXELS` where it can be streamed, else `MAX_PIXELS`.
    """
    path = Path(path)
    with opened_image(path) as image:
        pixels, size = image.width * image.height, f"{image.width}x{image.height} pixels"
        if pixels <= whole_pixels:
            return WholePhotograph(path)
        streams = can_stream(path, image)
        if streams and pixels <= MAX_STREAMED_PIXELS:
            return StreamedPhotograph(path, str(image.format), header_traits(path, image))
    if streams:
        raise ImageError(f"{path}: {size}, expected at most {MAX_STREAMED_PIXELS:,}; cut it into parts")
    if pixels > MAX_PIXELS:
        raise ImageError(
            f"{path}: {size}, expected at most {MAX_PIXELS:,} of a file that must be decoded whole; convert "
            f"it to an upright PNG without interlacing, of which up to {MAX_STREAMED_PIXELS:,} are streamed"
        )
    return WholePhotograph(path)


def _colours(strip: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(strip[..., :3] if strip.shape[2] > 2 else strip[..., [0, 0, 0]])


def _opacity(strip: np.ndarray) -> np.ndarray:
    return strip[..., -1]
