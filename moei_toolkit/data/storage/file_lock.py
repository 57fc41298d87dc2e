"""Keeps writers and readers of one file apart."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from moei_toolkit.errors import DataError

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def open_locked(path: Path, exclusive: bool) -> int:
    """Open a file and lock it: many may read, who writes is alone.

    The lock lasts as long as the descriptor, its duplicates and those of forked processes; the operating
    system lets go of it when a process ends, whatever ends it. Where a file system knows no such locks, as
    some on a network, nobody is kept apart.

    Args:
        path: The file; made when it is missing and to be written.
        exclusive: Open it for writing instead of reading.

    Returns:
        A descriptor.

    Raises:
        DataError: The file is in use, missing, or may not be opened.
    """
    purpose, others = ("writing", "in use") if exclusive else ("reading", "being written")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT if exclusive else os.O_RDONLY, 0o666)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be opened for {purpose} ({error.strerror}). Check folder, rights and space."
        ) from error
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return descriptor
        os.close(descriptor)
        raise DataError(
            f"{path}: cannot be opened for {purpose} while it is {others}, here or in another process. "
            "Wait until that has ended, or close it there."
        ) from error
    return descriptor
