"""Photographs written while their rows arrive: encoding them overlaps making them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np

from moei_toolkit.errors import located
from moei_toolkit.io.channel import Channel, ClosedError
from moei_toolkit.io.images.encoding.rows import Like, encode_rows
from moei_toolkit.io.images.pixels import quantise
from moei_toolkit.io.images.writing import require_writable

_ROOM = 8
"""Blocks that wait to be encoded, a band of tiles at most; when there are more, the next is not made yet."""


class RowWriter:
    """Writes one photograph in a thread of its own; end it with `end` and `finish`, or with `abandon`.

    The file appears under its name once it is whole, and not at all when anything goes wrong.

    Args:
        path: Where to; the suffix chooses the format.
        like: The photograph whose bit depth, gray, opacity, colour profile and EXIF data are kept.
        on_whole: Called once all is written, before the file takes its name.

    Raises:
        ImageError: The suffix is unknown, or the format cannot hold the photograph.
    """

    def __init__(self, path: Path, like: Like, on_whole: Callable[[], None] | None = None) -> None:
        require_writable(path, like)
        self._path, self._traits = path, like.traits
        self._channel: Channel[tuple[int, np.ndarray]] = Channel(_ROOM)
        thread = ThreadPoolExecutor(1, "write")
        self._done = thread.submit(_write, path, self._channel, like, on_whole)
        thread.shutdown(wait=False)

    def write(self, top: int, rows: np.ndarray) -> None:
        """Hand over the next rows; waits while too many wait already.

        What waits is rounded, which takes a quarter of the memory of floats.

        Args:
            top: The first of them.
            rows: (h, W, 3) floats in [0, 1], or integers of the photograph's type; not to be changed later.

        Raises:
            ImageError: Rows do not fit, or hold NaN.
            StoreError: The disk is full or read-only.
        """
        if rows.dtype != self._traits.dtype:
            with located(str(self._path)):
                rows = quantise(rows, self._traits.bit_depth)
        try:
            self._channel.put((top, rows))
        except ClosedError:
            self._done.result()
            raise

    def end(self) -> None:
        """Say that all rows were handed over, without waiting."""
        self._channel.end()

    def finish(self) -> None:
        """Wait until the file lies under its name; for the errors see `write`."""
        self.end()
        self._done.result()

    def abandon(self) -> None:
        """Remove what was written so far, and wait until it is gone."""
        self._channel.close()
        wait([self._done])


def write_rows(path: str | Path, rows: Iterable[tuple[int, np.ndarray]], like: Like) -> None:
    """Write a photograph while its rows arrive, whole or not at all.

    PNG, TIFF and JPEG are encoded in a thread beside the one that makes the rows, and few rows are held; for
    other formats all are. The pixels are those of `write_image`, which also tells what is kept.

    Args:
        path: Where to; the suffix chooses the format.
        rows: (top, (h, W, 3)) from top to bottom, together the image: floats in [0, 1], or integers of the
            photograph's type; not to be changed later.
        like: The photograph, such as `open_photograph` returns.

    Raises:
        ImageError: The suffix is unknown, the format cannot hold the photograph, or rows do not fit or hold
            NaN.
        StoreError: The disk is full or read-only.
    """
    writer = RowWriter(Path(path), like)
    try:
        for top, block in rows:
            writer.write(top, block)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise


def _write(
    path: Path, channel: Channel[tuple[int, np.ndarray]], like: Like, on_whole: Callable[[], None] | None
) -> None:
    try:
        encode_rows(path, channel, like, on_whole)
    finally:
        channel.close()
