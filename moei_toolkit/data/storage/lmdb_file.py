"""What readers and writers of a pair store share: how the file is opened, and where in it a value lies."""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from moei_toolkit.errors import DataError

MARK = b"\0mark"
"""Key of the number of the last transaction that has noted where values lie."""
_NUMBER = struct.Struct("<Q")


def open_lmdb(path: Path, **options: Any) -> Any:
    """Open an LMDB file that is new or whole.

    Args:
        path: The file; it exists, and an empty one is new.
        options: Of `lmdb.open`.

    Raises:
        DataError: The file is open in this process, foreign, cut short, or its values have moved.
    """
    size = path.stat().st_size
    if size:
        _refuse_shorter(path, size, 2 * mmap.PAGESIZE)
    try:
        environment = lmdb.open(str(path), subdir=False, lock=False, **options)
        if size:
            # Reading beyond the end of a mapped file would end the process.
            _refuse_shorter(path, size, used_bytes(environment))
            _refuse_moved(path, environment)
    except lmdb.Error as error:
        if "already open" in str(error):
            raise DataError(
                f"{path}: is open in this process already. Share that PairStore, or close it."
            ) from error
        raise DataError(f"{path}: expected a pair store ({error}). Prepare the data again.") from error
    return environment


def used_bytes(environment: Any) -> int:
    """Return how many bytes of the file are in use."""
    return (int(environment.info()["last_pgno"]) + 1) * int(environment.stat()["psize"])


def place_of(value: memoryview, page_size: int) -> int:
    """Return where in the file a committed value lies that fills pages of its own.

    Every page of LMDB begins with its number, and such pages stay where they are until the value is replaced.
    """
    address = int(np.frombuffer(value, np.uint8).__array_interface__["data"][0])
    inside = address % page_size
    number = int.from_bytes(ctypes.string_at(address - inside, 8), sys.byteorder)
    return number * page_size + inside


def put_mark(transaction: Any) -> None:
    """Note that places found up to this transaction are true."""
    transaction.put(MARK, _NUMBER.pack(transaction.id()))


def _refuse_moved(path: Path, environment: Any) -> None:
    """Refuse a file that was compacted: values have moved, and transactions are counted from 1 again."""
    with environment.begin() as transaction:
        mark = transaction.get(MARK, _NUMBER.pack(0))
    if int(environment.info()["last_txnid"]) < _NUMBER.unpack(mark)[0]:
        raise DataError(f"{path}: was compacted, which moved its images. Copy the original file instead.")


def _refuse_shorter(path: Path, size: int, expected: int) -> None:
    if size < expected:
        raise DataError(
            f"{path}: expected {expected} bytes, got {size}. It is cut short; remove it and prepare the data "
            "again."
        )
