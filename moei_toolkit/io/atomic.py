"""Files that are there whole or not at all: written beside, synced, renamed, and the folder synced."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moei_toolkit.io.disk import disk_errors

LEFTOVER_PREFIX = ".tmp-"
"""How the name of a file that is still being written begins."""

_RANDOM = 6  # bytes
_LONGEST = 100  # bytes of a name that are told whole


def beside(path: Path) -> Path:
    """Return a fresh name in the folder of ``path`` for a file that is still being written."""
    return path.with_name(_start_of_leftover(path) + secrets.token_hex(_RANDOM))


def remove_leftovers_of(path: Path) -> None:
    """Remove what killed writers of one file left beside it; call it only while nobody writes that file."""
    for leftover in leftovers_of(path):
        with disk_errors(leftover):
            leftover.unlink(missing_ok=True)


def leftovers_of(path: Path) -> list[Path]:
    """Return what writers of one file have not finished yet, or never will."""
    return list(path.parent.glob(glob.escape(_start_of_leftover(path)) + 2 * _RANDOM * "[0-9a-f]"))


def _start_of_leftover(path: Path) -> str:
    name = path.name.encode(errors="surrogateescape")  # file systems count bytes
    if len(name) > _LONGEST:
        name = name[:_LONGEST] + b"-" + hashlib.sha256(name).hexdigest()[:_RANDOM].encode()
    return f"{LEFTOVER_PREFIX}{name.decode(errors='ignore')}-"


def fsync_file(path: Path) -> None:
    """Make the content of a file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_dir(path: Path) -> None:
    """Make the names inside a folder durable."""
    fsync_file(path)


def fsync_tree(folder: Path) -> None:
    """Make every file and every folder at and below ``folder`` durable."""
    for current, _, names in os.walk(folder, topdown=False):
        for name in names:
            fsync_file(Path(current, name))
        fsync_dir(Path(current))


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; it takes the place of ``path`` when the block ends well.

    When the block, the disk or the process fails, the old file stays as it was.

    Args:
        path: The file to create or replace. Its folder is made when it is missing.

    Yields:
        Where to write.

    Raises:
        StoreError: The disk is full, read-only, or failed.
    """
    temporary = beside(path)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            fsync_file(temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        fsync_dir(path.parent)


def atomic_write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all.

    Raises:
        StoreError: See `atomic_path`.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def atomic_write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, whole or not at all.

    Raises:
        StoreError: See `atomic_path`.
    """
    atomic_write_bytes(path, text.encode("utf-8"))


def atomic_write_json(path: Path, value: Any) -> None:
    """Write a plain value to ``path`` as indented JSON, whole or not at all.

    Raises:
        StoreError: See `atomic_path`.
        ValueError: A number is not finite.
    """
    atomic_write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """Return a plain value as indented JSON.

    Raises:
        ValueError: A number is not finite.
    """
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def remove_leftovers(folder: Path) -> tuple[Path, ...]:
    """Remove what killed writers left at and below ``folder``.

    Call it only while no other process writes there.

    Returns:
        What was removed.
    """
    leftovers = tuple(sorted(path for path in folder.rglob(f"{LEFTOVER_PREFIX}*") if path.is_file()))
    for path in leftovers:
        with disk_errors(path):
            path.unlink(missing_ok=True)
    return leftovers
