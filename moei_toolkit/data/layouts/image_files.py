"""The images in a folder and in all folders below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from moei_toolkit.data.layouts.base import Leftover
from moei_toolkit.data.layouts.file_names import (
    IMAGE_SUFFIXES,
    LIST_SUFFIXES,
    UNREAD_SUFFIXES,
    fold,
    split_suffix,
)
from moei_toolkit.data.layouts.folders import Folder, walk
from moei_toolkit.io.text import is_text

_WANTED = ", ".join(sorted(IMAGE_SUFFIXES))


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file with a name that images have.

    Attributes:
        folder: The folder it lies in.
        inner: Folders between the one that was searched and it, such as ``"a/b/"``; empty when there is none.
        stem: Its name without the suffix.
        suffix: The rest of its name.
        key: ``inner`` and ``stem`` whatever the case; what belongs together has one key.
    """

    folder: Path
    inner: str
    stem: str
    suffix: str
    key: str

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / self.name

    @property
    def name(self) -> str:
        """Its name as it is written."""
        return self.stem + self.suffix

    @property
    def id(self) -> str:
        """``inner`` and ``stem`` as they are written."""
        return self.inner + self.stem


@dataclass
class Collected:
    """What was found.

    Attributes:
        images: In the order of folders and names.
        lists: Files that are known to lie beside images.
        leftovers: Files that are neither, or of no use.
    """

    images: list[ImageFile] = field(default_factory=list)
    lists: list[ImageFile] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)

    def add(self, other: Collected) -> None:
        """Take what was found in another folder."""
        self.images += other.images
        self.lists += other.lists
        self.leftovers += other.leftovers


def collect_images(folder: Folder, only_images: bool) -> Collected:
    """Search a folder to the bottom.

    Args:
        folder: It.
        only_images: Whether nothing but images belongs there, so that every other file is a leftover, except
            for lists; else only those are whose names say that they are images.
    """
    found = Collected()
    for inner, one, contents in walk(folder):
        found.leftovers += contents.leftovers
        for name in contents.files:
            _sort_in(one, inner, name, only_images, found)
    return found


def _sort_in(folder: Folder, inner: str, name: str, only_images: bool, found: Collected) -> None:
    stem, suffix = split_suffix(name)
    kind = suffix.lower()
    if kind in IMAGE_SUFFIXES and is_text(stem):
        found.images.append(_file(folder, inner, stem, suffix))
    elif kind in IMAGE_SUFFIXES:
        found.leftovers.append(Leftover(folder.path / name, "its name is nothing but a suffix; rename it"))
    elif kind in UNREAD_SUFFIXES:
        reason = f"images of the kind {kind} are not read; convert it to PNG, or remove it"
        found.leftovers.append(Leftover(folder.path / name, reason))
    elif kind in LIST_SUFFIXES:
        found.lists.append(_file(folder, inner, stem, suffix))
    elif only_images:
        reason = f"it lies among images, but its name does not end like one of them ({_WANTED})"
        found.leftovers.append(Leftover(folder.path / name, reason))


def _file(folder: Folder, inner: str, stem: str, suffix: str) -> ImageFile:
    return ImageFile(folder.path, inner, stem, suffix, fold(inner + stem))
