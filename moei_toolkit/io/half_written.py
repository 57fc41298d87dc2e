"""Half-written files and folders: others see that somebody is at them still, or was killed over them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from moei_toolkit.io.atomic import atomic_path, leftovers_of


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes the place of ``path`` when the block ends well, claimed until it has.

    Raises:
        StoreError: See `atomic_path`.
    """
    with ExitStack() as last, atomic_path(path) as temporary, temporary.open("w+b") as file:
        claim(file)
        last.callback(os.close, os.dup(file.fileno()))  # the claim lasts until this one is closed
        yield file


@contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Let other processes know, while the block lasts, that a folder is being written; see `claim`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield claim(descriptor)
    finally:
        os.close(descriptor)


def claim(file: IO[bytes] | int) -> bool:
    """Let other processes know that a file or a folder is being written, for as long as it is open.

    Returns:
        Whether they do: not where somebody else has claimed it, or the file system has no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def remove_abandoned(path: Path) -> None:
    """Remove what writers of a file or folder left beside it when killed, but not what is written now.

    What cannot be removed, or may be somebody's, stays: it is in nobody's way.
    """
    for leftover in leftovers_of(path):
        with suppress(OSError), claimed(leftover) as is_abandoned:
            if is_abandoned and leftover.is_dir():
                shutil.rmtree(leftover)
            elif is_abandoned:
                leftover.unlink()
