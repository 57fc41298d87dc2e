"""Clean and degraded pixels in one LMDB file, read without copying."""

from __future__ import annotations

import mmap
from pathlib import Path
from types import TracebackType
from typing import Any

import lmdb
import numpy as np

from moei_toolkit.data.pair_row import check_row, pack_row, view_row
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError

STORE_NAME = "pairs.lmdb"
FIRST_MAP = 64 << 20
BATCH_BYTES = 64 << 20


class PairWriter:
    """Writes images under keys; a context manager that commits in batches.

    Args:
        path: File to create; it must not exist.

    Raises:
        DataError: When the file exists or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise DataError(f"{path}: expected no file, there is one. Write into a fresh folder.")
        self.path = path
        self._map = FIRST_MAP
        self._env = _open(path, map_size=self._map, sync=False)
        self._pending: list[tuple[bytes, bytes]] = []
        self._bytes = 0

    def put(self, key: str, pixels: np.ndarray) -> None:
        """Store (H, W, 3) uint8 RGB pixels under a key."""
        row = pack_row(pixels)
        self._pending.append((key.encode(), row))
        self._bytes += len(row)
        if self._bytes >= BATCH_BYTES:
            self._commit()

    def __enter__(self) -> PairWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._commit()
                self._env.sync(True)
        finally:
            self._env.close()

    def _commit(self) -> None:
        """Write what is pending, enlarging the map until it fits."""
        while True:
            try:
                with self._env.begin(write=True) as transaction:
                    for key, row in self._pending:
                        transaction.put(key, row)
                break
            except lmdb.MapFullError:
                self._map = max(2 * self._map, self._map + 2 * self._bytes)
                self._env.set_mapsize(self._map)
            except lmdb.Error as error:
                raise DataError(
                    f"{self.path}: cannot write images ({error}). Check space and rights."
                ) from error
        self._pending, self._bytes = [], 0


class PairStore:
    """Reads images as views into the mapped file, so that a crop costs a crop.

    The file opens on first use, and the object travels to worker processes by path; forked processes share
    the mapping, which is read-only and needs no locks. Share one store per file: LMDB refuses to open a file
    twice in one process. Views keep the file open; it closes when the store is closed and the last view gone.

    Args:
        path: File written by :class:`PairWriter`.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._transaction: Any = None

    def degraded(self, record: Record) -> np.ndarray:
        """Return the degraded pixels, (H, W, 3) uint8 RGB, read-only.

        Raises:
            DataError: When file or row is missing or damaged; names file and key.
        """
        return self.pixels(record.path_raw)

    def clean(self, record: Record) -> np.ndarray:
        """Return the clean pixels, (H, W, 3) uint8 RGB, read-only.

        Raises:
            DataError: When file or row is missing or damaged; names file and key.
        """
        return self.pixels(record.path_gt)

    def pixels(self, path: str) -> np.ndarray:
        """Return the pixels at "FILE#KEY", (H, W, 3) uint8 RGB, read-only.

        Raises:
            DataError: When file or row is missing or damaged; names file and key.
        """
        key = path.partition("#")[2]
        return view_row(self._row(key), self._where(key), self._transaction)

    def verify(self, record: Record) -> None:
        """Compare the stored pixels of a record with their checksums.

        Raises:
            DataError: When they differ; names file and key.
        """
        for path in (record.path_raw, record.path_gt):
            key = path.partition("#")[2]
            check_row(self._row(key), self._where(key))

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        self._transaction = None

    def __enter__(self) -> PairStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "_transaction": None}

    def _row(self, key: str) -> memoryview:
        if self._transaction is None:
            self._transaction = self._begin()
        try:
            row = self._transaction.get(key.encode())
        except lmdb.Error as error:
            raise DataError(f"{self._where(key)}: unreadable ({error}). Prepare the data again.") from error
        if row is None:
            raise DataError(f"{self._where(key)}: expected an image, there is none. Prepare the data again.")
        return row

    def _begin(self) -> Any:
        size = self.path.stat().st_size if self.path.is_file() else -1
        if size < 0:
            raise DataError(f"{self.path}: expected a pair store, there is no such file. Prepare the data.")
        _refuse_shorter(self.path, size, 2 * mmap.PAGESIZE)
        environment = _open(self.path, readonly=True, readahead=False)
        pages = int(environment.info()["last_pgno"]) + 1
        # Reading beyond the end of a mapped file would end the process.
        _refuse_shorter(self.path, size, pages * int(environment.stat()["psize"]))
        # The transaction holds the environment; there is no other reference to either.
        return environment.begin(buffers=True)

    def _where(self, key: str) -> str:
        return f"{self.path}#{key}"


def _open(path: Path, **options: Any) -> Any:
    try:
        return lmdb.open(str(path), subdir=False, lock=False, **options)
    except lmdb.Error as error:
        if "already open" in str(error):
            raise DataError(
                f"{path}: is open in this process already. Share that PairStore, or close it."
            ) from error
        raise DataError(f"{path}: expected a pair store ({error}). Prepare the data again.") from error


def _refuse_shorter(path: Path, size: int, expected: int) -> None:
    if size < expected:
        raise DataError(
            f"{path}: expected {expected} bytes, got {size}. It is cut short; prepare the data again."
        )
