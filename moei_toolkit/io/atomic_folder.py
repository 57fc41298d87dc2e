"""Folders that appear whole or not at all, and only where nothing else is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import beside, fsync_dir, fsync_tree
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.half_written import claimed, remove_abandoned


def require_free_target(
    target: Path, kind: str, is_there: bool, overwrite: bool, written: Sequence[str]
) -> None:
    """Refuse a folder that holds something else, or, unless it may be replaced, what is to be written there.

    Args:
        target: The folder.
        kind: What is to be written, such as ``"bundle"``.
        is_there: Whether it holds one.
        overwrite: Whether that may be replaced.
        written: What it may hold then, as patterns of paths in it: all the rest would be lost.

    Raises:
        StoreError: If something is in the way.
    """
    if is_there:
        if not overwrite:
            raise StoreError(f"{target} is a {kind} already; --overwrite replaces it")
    elif target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise StoreError(f"{target} is there and no {kind}; choose another folder")
    if others := sorted(_others(target, written)):
        raise StoreError(
            f"{target} holds {others[0]!r}, which no export has written and --overwrite would remove; move "
            "it away, or choose another folder"
        )


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path`` that takes its place when the block ends well.

    When the block or the disk fails, the old folder stays as it was. A process that is killed leaves what it
    wrote beside it, in a folder whose name begins with ``.tmp-``; and if it was killed between taking the old
    one away and putting the new one there, the old one as well. Both go once the folder is written again.

    Args:
        path: The folder to create or replace, or a link to it, which stays. The one above it is made when it
            is missing.

    Yields:
        Where to write.

    Raises:
        StoreError: The disk is full, read-only, or failed.
    """
    path = path.resolve()
    temporary, old = beside(path), beside(path)
    with disk_errors(path):
        temporary.mkdir(parents=True)
        try:
            with claimed(temporary):
                yield temporary
                fsync_tree(temporary)
                _take_place(temporary, path, old)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
        remove_abandoned(path)


def _others(folder: Path, written: Sequence[str]) -> Iterator[str]:
    """Yield the path of everything in a folder that fits no pattern."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not any(fnmatchcase(name, pattern) for pattern in written):
            yield name


def _take_place(temporary: Path, path: Path, old: Path) -> None:
    if path.exists():
        path.rename(old)
    try:
        temporary.rename(path)
    except BaseException:
        if old.exists():
            old.rename(path)
        raise
    fsync_dir(path.parent)
