"""JPEG files made by libvips while their rows arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Any

import numpy as np

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.encoding.png import bare_png_parts
from moei_toolkit.io.images.traits import Traits
from moei_toolkit.io.images.vips import import_vips

QUALITY = 95
_START = b"\xff\xd8"
_EXIF, _ICC = 0xE1, 0xE2
_ICC_PART = 65_519
"""Bytes of a colour profile that fit into one segment (ICC.1:2022, annex B.4)."""


def write_jpeg(file: IO[bytes], pieces: Iterable[np.ndarray], traits: Traits, channels: int) -> None:
    """Encode an image at quality 95 without chroma subsampling.

    Args:
        file: Empty, to be written.
        pieces: Rows (h, W, C) uint8 that follow each other.
        traits: Size, colour profile and EXIF data.
        channels: C: 1 (gray) or 3 (RGB).

    Raises:
        ImageError: libvips cannot encode it. What ``pieces`` or ``file`` raise is passed on.
    """
    pyvips = import_vips()

    failure = _Failure()
    source, target = pyvips.SourceCustom(), pyvips.TargetCustom()
    source.on_read(_Inflow(bare_png_parts(pieces, traits, channels), failure).read)
    target.on_write(_Outflow(file, _segments(traits), failure).write)
    try:
        image = pyvips.Image.new_from_source(source, "", access="sequential", fail_on="error")
        image.jpegsave_target(target, Q=QUALITY, subsample_mode="off", keep="none")
    except pyvips.Error as error:
        raise failure.error or ImageError(f"cannot encode a JPEG: {error.detail.strip()}") from error


def _segments(traits: Traits) -> bytes:
    """Return what belongs between the start of a file and its picture."""
    icc = traits.icc or b""
    parts = [icc[start : start + _ICC_PART] for start in range(0, len(icc), _ICC_PART)]
    marked = [(_ICC, b"ICC_PROFILE\0" + bytes((i + 1, len(parts))) + part) for i, part in enumerate(parts)]
    if traits.exif is not None:
        marked.insert(0, (_EXIF, b"Exif\0\0" + traits.exif))
    return b"".join(bytes((0xFF, mark)) + (len(data) + 2).to_bytes(2, "big") + data for mark, data in marked)


class _Failure:
    """Keeps what is raised where C code is the caller, which cannot carry it."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = self.error or error
        return error is not None


class _Inflow:
    """Bytes for libvips to read, as many at a time as it asks for."""

    def __init__(self, parts: Iterator[bytes], failure: _Failure) -> None:
        self._parts = parts
        self._failure = failure
        self._rest = memoryview(b"")

    def read(self, size: int) -> memoryview | None:
        with self._failure:
            self._rest = self._rest or memoryview(next(self._parts, b""))
            taken, self._rest = self._rest[:size], self._rest[size:]
            return taken
        return None


class _Outflow:
    """A file for libvips to write, with more segments than it knows of behind the first two bytes."""

    def __init__(self, file: IO[bytes], segments: bytes, failure: _Failure) -> None:
        self._file = file
        self._segments = segments
        self._failure = failure

    def write(self, data: Any) -> int:
        size = len(data)
        with self._failure:
            if self._segments:
                self._file.write(data[: len(_START)] + self._segments)
                data, self._segments = data[len(_START) :], b""
            self._file.write(data)
            return size
        return -1
