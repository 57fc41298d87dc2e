"""Writes images into one LMDB file, in batches that outlive the writer."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import lmdb
import numpy as np

from moei_toolkit.data.storage.file_lock import open_locked
from moei_toolkit.data.storage.lmdb_file import open_lmdb, place_of, put_mark, used_bytes
from moei_toolkit.data.storage.pixel_row import (
    HEADER_OF,
    OVERVIEW_OF,
    PLACED,
    SLOTS,
    Header,
    check_pixels,
    make_rows,
    read_header,
)
from moei_toolkit.errors import DataError
from moei_toolkit.io.disk import free_space

FIRST_MAP = 64 << 20
BATCH_BYTES = 64 << 20
ROOM = 1 << 20
"""More than an image takes beside its rows: pages of the tree, and the list of those that it replaces."""


class PairWriter:
    """Writes images under keys; a context manager that commits in batches.

    What is committed is on the disk, whatever ends the process or the machine. Nobody else may have the file
    open: a reader of a file that grows would follow pages that are being used again.

    Args:
        path: File to create, or to continue.
        resume: Continue the file if there is one.

    Raises:
        DataError: When the file exists and is not to be continued, is in use, damaged, or cannot be written.
    """

    def __init__(self, path: Path, resume: bool = False) -> None:
        if path.exists() and not resume:
            raise DataError(f"{path}: expected no file, there is one. Write into a fresh folder.")
        self.path = path
        self._file = open_locked(path, exclusive=True)
        try:
            self._env = open_lmdb(path, map_size=FIRST_MAP)
        except DataError:
            os.close(self._file)
            raise
        self._longest = self._env.max_key_size() - len(OVERVIEW_OF + SLOTS[1])
        self._transaction: Any = None
        self._headers: dict[bytes, Header | None] = {}
        self._pending = self._left = 0

    def put(self, key: str, pixels: np.ndarray) -> None:
        """Store (H, W, 3) uint8 RGB pixels under a key; once committed, they replace what it led to.

        Raises:
            DataError: When the key or the pixels cannot be stored, or the disk is full; what was committed
                before is safe.
        """
        name = self._name(key)
        rows = list(make_rows(name, pixels))
        size = sum(header.size for _, _, header in rows)
        with self._writing():
            self._make_room(size + ROOM)
            self._headers[name + OVERVIEW_OF] = None
            for row_name, row, header in rows:
                old = self._header(row_name)
                slot = 0 if old is None else 1 - old.slot
                self._begun().put(row_name + SLOTS[slot], row)
                self._headers[row_name] = replace(header, slot=slot)
        self._pending += size
        if self._pending >= BATCH_BYTES:
            self.commit()

    def has(self, key: str) -> bool:
        """Tell whether there is an image of that key."""
        name = self._name(key)
        with self._writing():
            return name in self._headers or self._header(name) is not None

    def commit(self) -> None:
        """Make everything stored so far safe from the end of this process.

        Raises:
            DataError: When the disk is full or fails; what was committed before is safe.
        """
        headers, self._headers, self._pending = self._headers, {}, 0
        with self._writing():
            self._end()
            # Only now have the pixels places, which headers can name: until they do, keys lead to older ones.
            for name, header in headers.items():
                self._lead(name, header)
            if headers:
                put_mark(self._begun())
            self._end()

    def is_sound(self, key: str) -> bool:
        """Tell whether an image is there whose pixels, and those of its overview, have their checksums."""
        name = self._name(key)
        with self._writing():
            found = {part: self._header(part) for part in (name, name + OVERVIEW_OF)}
            return found[name] is not None and all(
                header is None or self._is_intact(part, header) for part, header in found.items()
            )

    def keep_only(self, keys: Collection[str]) -> None:
        """Commit, and drop every image whose key is not among these; its space is used again.

        Raises:
            DataError: When the disk is full or fails.
        """
        self.commit()
        wanted = {key.encode() for key in keys}
        with self._writing():
            rows = [bytes(name) for name in self._begun().cursor().iternext(values=False)]
            names = (row.removesuffix(HEADER_OF) for row in rows if row.endswith(HEADER_OF))
            for name in names:
                if not name.endswith(OVERVIEW_OF) and name not in wanted:
                    self._make_room(ROOM)  # dropping takes pages too: those that are freed are not free yet
                    self._lead(name, None)
                    self._lead(name + OVERVIEW_OF, None)
            self._end()

    def close(self) -> None:
        """Let go of the file; what is not committed is lost."""
        self._transaction = None
        self._env.close()
        os.close(self._file)

    def __enter__(self) -> PairWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.close()

    def _is_intact(self, name: bytes, header: Header) -> bool:
        row = self._begun().get(name + SLOTS[header.slot])
        if row is None or len(row) != header.size:
            return False
        pixels = np.frombuffer(row, np.uint8).reshape(header.height, header.width, 3)
        try:
            check_pixels(pixels, header, name.decode())
        except DataError:
            return False
        return True

    def _name(self, key: str) -> bytes:
        name = key.encode()
        if not 0 < len(name) <= self._longest or HEADER_OF in name:
            raise DataError(
                f"{self.path}: expected a key of 1 to {self._longest} bytes, none of them 0, got {key!r}."
            )
        return name

    def _begun(self) -> Any:
        """Return the open transaction."""
        if self._transaction is None:
            self._transaction = self._env.begin(write=True, buffers=True)
        return self._transaction

    def _end(self) -> None:
        transaction, self._transaction, self._left = self._transaction, None, 0
        if transaction is not None:
            transaction.commit()

    def _make_room(self, size: int) -> None:
        """Let so many bytes fit into the map, which can grow between transactions only."""
        if self._left < size:
            self.commit()
            used, room = used_bytes(self._env), int(self._env.info()["map_size"])
            if room - used < size:
                room = max(2 * room, used + 2 * size)
                self._env.set_mapsize(room)
            self._left = room - used
        self._left -= size

    def _header(self, name: bytes) -> Header | None:
        """Return the committed header of a row; None for one that is damaged, too, for it leads nowhere."""
        data = self._begun().get(name + HEADER_OF)
        try:
            return None if data is None else read_header(bytes(data), f"{self.path}#{name!r}")
        except DataError:
            return None

    def _lead(self, name: bytes, header: Header | None) -> None:
        """Let a key lead to its new row, or to none, and drop the row it led to."""
        transaction = self._begun()
        if header is not None:
            transaction.put(name + HEADER_OF, replace(header, place=self._find(name, header)).pack())
        else:
            transaction.delete(name + HEADER_OF)
        for slot, suffix in enumerate(SLOTS):
            if header is None or slot != header.slot:
                transaction.delete(name + suffix)

    def _find(self, name: bytes, header: Header) -> int:
        """Return the place of a committed row, 0 for a small one."""
        if header.size < PLACED:
            return 0
        row = self._begun().get(name + SLOTS[header.slot])
        place = place_of(row, int(self._env.stat()["psize"]))
        if os.pread(self._file, PLACED, place) != row[:PLACED]:
            raise DataError(f"{self.path}: this version of lmdb lays out its files in an unknown way.")
        return place

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except lmdb.Error as error:
            raise DataError(
                f"{self.path}: cannot write images ({error}); {free_space(self.path)} free. What was "
                "committed before is safe: free some space, and run the same command again to continue."
            ) from error
