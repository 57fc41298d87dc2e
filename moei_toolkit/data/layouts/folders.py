"""What is in a folder, in order, and without running in circles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.data.layouts.base import Leftover
from moei_toolkit.data.layouts.file_names import is_hidden
from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.io.text import is_text

MOST_LINKS = 4
"""Links to folders followed on one way down; folders that link to each other have too many ways."""


@dataclass(frozen=True)
class Folder:
    """A folder, and how it was reached.

    Attributes:
        path: Where it is.
        above: Device and inode of it and of every folder on the way to it.
        links: How many of those are links.
    """

    path: Path
    above: tuple[tuple[int, int], ...]
    links: int = 0

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.name


@dataclass(frozen=True)
class Contents:
    """What a folder holds, sorted by name, without anything hidden.

    Attributes:
        files: Their names.
        folders: The folders directly in it.
        leftovers: What is of no use, whatever the data set.
    """

    files: tuple[str, ...]
    folders: tuple[Folder, ...]
    leftovers: tuple[Leftover, ...]


def root_path(root: str | os.PathLike[str]) -> Path:
    """Return the root of a layout as a path; ``~`` is somebody's home.

    Raises:
        ConfigError: It is no text, or empty.
    """
    if not isinstance(root, str | os.PathLike) or not str(root).strip():
        raise ConfigError(f"root: expected the folder of the data set, got {root!r}.")
    return Path(root).expanduser()


def open_folder(path: Path) -> Folder:
    """Return the folder at a path.

    Raises:
        DataError: There is none, or it cannot be read.
    """
    try:
        identity = path.stat()
        with os.scandir(path):
            return Folder(path, ((identity.st_dev, identity.st_ino),))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path}: expected a folder that can be read ({reason}). Check path and rights."
        ) from error


def read_folder(folder: Folder) -> Contents:
    """Return what is in a folder; one that cannot be read is its own leftover."""
    try:
        with os.scandir(folder.path) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        reason = f"the folder cannot be read ({error.strerror}); check its rights"
        return Contents((), (), (Leftover(folder.path, reason),))
    sorted_out = [_examine(folder, entry) for entry in found if not is_hidden(entry.name)]
    return Contents(
        tuple(one for one in sorted_out if isinstance(one, str)),
        tuple(one for one in sorted_out if isinstance(one, Folder)),
        tuple(one for one in sorted_out if isinstance(one, Leftover)),
    )


def walk(folder: Folder) -> Iterator[tuple[str, Folder, Contents]]:
    """Yield a folder and all below it, in order: the way to it, such as ``"a/b/"``, it, and what it holds."""
    waiting = [("", folder)]
    while waiting:
        way, one = waiting.pop()
        contents = read_folder(one)
        yield way, one, contents
        waiting += [(f"{way}{below.name}/", below) for below in reversed(contents.folders)]


def _examine(folder: Folder, entry: os.DirEntry[str]) -> str | Folder | Leftover:
    """Return the name of a file, a folder, or why an entry is neither."""
    if not is_text(entry.name):
        reason = "its name is not UTF-8, blank or holds control characters; rename it"
        return Leftover(folder.path / entry.name, reason)
    try:
        if entry.is_dir():
            return _enter(folder, entry)
        if entry.is_file():
            return entry.name
    except OSError as error:
        reason = f"it cannot be looked at ({error.strerror}); check rights and links"
        return Leftover(folder.path / entry.name, reason)
    reason = "it is neither a file nor a folder; a link to nothing, or a device"
    return Leftover(folder.path / entry.name, reason)


def _enter(folder: Folder, entry: os.DirEntry[str]) -> Folder | Leftover:
    path, found = folder.path / entry.name, entry.stat()
    identity = (found.st_dev, found.st_ino)
    links = folder.links + entry.is_symlink()
    if identity in folder.above:
        return Leftover(path, "it is a link to a folder that it lies in; it was not followed")
    if links > MOST_LINKS:
        return Leftover(path, f"it lies behind more than {MOST_LINKS} links to folders; it was not followed")
    return Folder(path, (*folder.above, identity), links)
