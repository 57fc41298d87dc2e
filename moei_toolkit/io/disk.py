"""Turns the operating system's complaints about a disk into errors that say what to do."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moei_toolkit.errors import StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.EFBIG}
_DISK = _FULL | _READ_ONLY | _IN_THE_WAY | {errno.EIO}


def free_space(path: Path) -> str:
    """Return the free space where ``path`` is or would be, such as ``"1.25 GiB"``."""
    existing = next(folder for folder in path.absolute().parents if folder.exists())
    return gib(shutil.disk_usage(existing).free)


def gib(size: float) -> str:
    """Return a number of bytes as text, such as ``"1.25 GiB"``."""
    return f"{size / 2**30:.2f} GiB"


def is_disk_full(error: OSError) -> bool:
    """Tell whether there was no space left, or the quota was used up."""
    return error.errno in _FULL


def disk_error(path: Path, error: OSError) -> StoreError:
    """Return the error to raise when the disk refused to write ``path``.

    Args:
        path: What was to be written.
        error: What the operating system said.
    """
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return StoreError(
            f"cannot write {path}: {reason} ({free_space(path)} free). What was there before is still there; "
            "free some space, or choose another folder, and run the same command again."
        )
    if error.errno in _READ_ONLY:
        return StoreError(f"cannot write {path}: {reason}. Make the folder writable or choose another one.")
    return StoreError(f"cannot write {path}: {reason}.")


def concerns_one_file(error: StoreError) -> bool:
    """Tell whether the next file may fare better: this one has something in its way, or is too long."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in _IN_THE_WAY


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        StoreError: If a file is in the way, or the disk is full or read-only.
    """
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` that the disk is to blame for into a `StoreError` that names ``path``."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise disk_error(path, error) from error
