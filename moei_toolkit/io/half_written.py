"""Half-written files: whether somebody is at them still, or was killed over them."""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import IO

from moei_toolkit.io.atomic import leftovers_of


def claim(file: IO[bytes]) -> bool:
    """Let other processes know that a file is being written, for as long as it is open.

    Returns:
        Whether they do: not where somebody else has claimed it, or the file system has no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def remove_abandoned(path: Path) -> None:
    """Remove what writers of one file left beside it when they were killed, but not what is written now.

    What cannot be removed, or may be somebody's, stays: it is in nobody's way.
    """
    for leftover in leftovers_of(path):
        with suppress(OSError), leftover.open("rb") as file:
            if claim(file):
                leftover.unlink()
