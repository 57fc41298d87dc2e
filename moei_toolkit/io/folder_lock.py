"""One process at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from moei_toolkit.errors import MoeiError
from moei_toolkit.io.disk import disk_errors

LOCK_NAME = ".lock"


@contextmanager
def alone_in(folder: Path, otherwise: MoeiError) -> Iterator[None]:
    """Keep other processes that ask for the same folder out while the block lasts.

    Args:
        folder: An existing one.
        otherwise: Raised where another process is in it.

    Raises:
        StoreError: The folder cannot be written to.
    """
    lock = FileLock(folder / LOCK_NAME, timeout=0)
    try:
        with disk_errors(folder / LOCK_NAME):
            lock.acquire()
    except Timeout as error:
        raise otherwise from error
    try:
        yield
    finally:
        lock.release()
