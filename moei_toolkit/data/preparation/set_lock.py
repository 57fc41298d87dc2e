"""One writer at a time to a prepared set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from moei_toolkit.errors import DataError


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Keep other writers out of a prepared set while the block lasts.

    Raises:
        DataError: Another process writes to it.
    """
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise DataError(f"{folder}: another preparation writes to it. Wait until it ends.") from error
    try:
        yield
    finally:
        lock.release()
