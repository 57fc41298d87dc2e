"""Images in one LMDB file, read without copying."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from types import TracebackType

import lmdb
import numpy as np

from moei_toolkit.data.storage.file_lock import open_locked
from moei_toolkit.data.storage.lmdb_file import open_lmdb
from moei_toolkit.data.storage.pixel_row import (
    HEADER_OF,
    OVERVIEW_OF,
    SLOTS,
    Header,
    check_pixels,
    read_header,
)
from moei_toolkit.data.storage.stored_image import StoredImage, is_large
from moei_toolkit.errors import DataError

STORE_NAME = "pairs.lmdb"


class PairStore:
    """Reads images as views into the mapped file, so that a crop costs a crop.

    LMDB finds the header of an image. Its pixels are mapped at the place that the header names, because
    asking LMDB for them would read every page of them.

    The file opens on first use, and the object travels to worker processes by path; forked processes share
    the mappings, which are read-only. Share one store per file: LMDB refuses to open a file twice in one
    process. Views outlive the store; while it is open or there is a view, nobody can write to the file.

    Args:
        path: File written by :class:`PairWriter`.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._file: _MappedFile | None = None

    def image(self, key: str) -> StoredImage:
        """Return the image of a key.

        Raises:
            DataError: When file or rows are missing or damaged; names file and key.
        """
        pixels, _ = self._read(key, b"")
        return StoredImage(pixels, self._read(key, OVERVIEW_OF)[0] if is_large(*pixels.shape[:2]) else None)

    def verify(self, key: str) -> None:
        """Compare the stored pixels of a key, and their overview, with their checksums.

        Raises:
            DataError: When they differ; names file and key.
        """
        pixels, header = self._read(key, b"")
        check_pixels(pixels, header, self._where(key))
        if is_large(*pixels.shape[:2]):
            check_pixels(*self._read(key, OVERVIEW_OF), self._where(key))

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        self._file = None

    def __enter__(self) -> PairStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[PairStore], tuple[Path]]:
        return PairStore, (self.path,)

    def _read(self, key: str, suffix: bytes) -> tuple[np.ndarray, Header]:
        """Return the pixels of a key, or with a suffix those of its overview, and their header."""
        if self._file is None:
            self._file = _MappedFile(self.path)
        name = key.encode() + suffix
        try:
            data = self._file.find(name + HEADER_OF)
            if data is None:
                raise DataError(
                    f"{self._where(key)}: expected an image, there is none. Prepare the data again."
                )
            header = read_header(data, self._where(key))
            row = (
                self._file.part(header.place, header.size)
                if header.place
                else self._file.find(name + SLOTS[header.slot])
            )
        except lmdb.Error as error:
            raise DataError(f"{self._where(key)}: unreadable ({error}). Prepare the data again.") from error
        if row is None or len(row) != header.size:
            raise DataError(
                f"{self._where(key)}: expected {header.size} bytes of pixels, got {len(row or b'')}. "
                "The file is damaged; prepare the data again."
            )
        return np.frombuffer(row, np.uint8).reshape(header.height, header.width, 3), header

    def _where(self, key: str) -> str:
        return f"{self.path}#{key}"


class _MappedFile:
    """A file open for reading."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise DataError(
                f"{path}: expected a pair store, there is no such file. Put it back, correct sources.json if "
                "its folder has moved, or prepare the data again."
            )
        descriptor = open_locked(path, exclusive=False)
        try:
            if path.stat().st_size == 0:
                raise DataError(f"{path}: expected a pair store, it is empty. Prepare the data again.")
            # The transaction holds the environment; the mapping, a duplicate of the descriptor and its lock.
            self._transaction = open_lmdb(path, readonly=True).begin()
            # Without advice on how it is used: readahead makes a few reads of the many pieces of a cold crop.
            self._memory = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)

    def find(self, name: bytes) -> bytes | None:
        """Return a copy of the value of a key."""
        value: bytes | None = self._transaction.get(name)
        return value

    def part(self, place: int, size: int) -> memoryview:
        """Return part of the file, of which a page is read when it is touched."""
        return memoryview(self._memory)[place : place + size]
