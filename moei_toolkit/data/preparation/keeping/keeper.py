"""Where the pixels of a prepared set stay: in one LMDB file, or in the files they came in."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path
from types import TracebackType

import numpy as np

from moei_toolkit.data.storage.image_file import read_image_file
from moei_toolkit.data.storage.keys import short_key
from moei_toolkit.data.storage.pair_store import STORE_NAME
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.places import STORE_SUFFIX
from moei_toolkit.errors import DataError
from moei_toolkit.io.images.pixels import hash_pixels
from moei_toolkit.io.images.writing import write_image

SOURCE = "source"
"""What records call the folder that the files of a set lie below."""
IMAGES = "images"
_DIGITS = 24
_OURS = re.compile(rf"[0-9a-f]{{{_DIGITS}}}\.png")


class Keeper(ABC):
    """Keeps images under keys."""

    wants_pixels: bool
    """Whether images that lie on a disk already are to be handed over."""

    @abstractmethod
    def keep(self, key: str, digest: str, pixels: np.ndarray) -> str:
        """Keep (H, W, 3) uint8 RGB pixels with their sha256; return where they are, as records say it.

        Other pixels under the same key stay, so that tables that lead to them stay true.
        """

    @abstractmethod
    def place_of(self, path: Path) -> str:
        """Return where the pixels of a file are when the file itself keeps them."""

    @abstractmethod
    def has(self, place: str, digest: str) -> bool:
        """Tell whether there is an image at a place; its pixels have the sha256, where that is known."""

    @abstractmethod
    def keep_only(self, places: Collection[str]) -> None:
        """Drop what is kept at other places, once no table leads there."""

    @abstractmethod
    def commit(self) -> None:
        """Make everything kept so far safe from the end of this process."""

    @abstractmethod
    def close(self) -> None:
        """Let go; what is not committed is lost."""

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LmdbKeeper(Keeper):
    """Copies every image into pairs.lmdb.

    Args:
        folder: Of the prepared set.
        verify: Read every image and compare its checksum; one that is damaged is not there.
    """

    wants_pixels = True

    def __init__(self, folder: Path, verify: bool = False) -> None:
        self._writer = PairWriter(folder / STORE_NAME, resume=True)
        self._has = self._writer.is_sound if verify else self._writer.has

    def keep(self, key: str, digest: str, pixels: np.ndarray) -> str:
        """Keep pixels under a key and their hash, unless they are there and sound."""
        name = short_key(_versioned(key, digest))
        if not self._writer.is_sound(name):
            self._writer.put(name, pixels)
        return f"{STORE_NAME}#{name}"

    def place_of(self, path: Path) -> str:
        """Raise, because no file keeps its pixels here."""
        raise DataError(f"{path}: expected its pixels, to be copied into {STORE_NAME}.")

    def has(self, place: str, digest: str) -> bool:
        """Tell whether the store has a row of that key, which has checksums of its own."""
        store, _, key = place.partition("#")
        return store == STORE_NAME and self._has(key)

    def keep_only(self, places: Collection[str]) -> None:
        """Drop other images; their space is used again."""
        self._writer.keep_only({place.partition("#")[2] for place in places})

    def commit(self) -> None:
        """Write what is pending."""
        self._writer.commit()

    def close(self) -> None:
        """Close the store."""
        self._writer.close()


class FileKeeper(Keeper):
    """Leaves files where they are, and writes what has none as PNG.

    Args:
        folder: Of the prepared set.
        root: The folder that the files lie below.
        verify: Read every image and compare its pixels; one that is damaged is not there.
    """

    wants_pixels = False

    def __init__(self, folder: Path, root: Path, verify: bool = False) -> None:
        self._folder = folder
        self._root = root
        self._verify = verify

    def keep(self, key: str, digest: str, pixels: np.ndarray) -> str:
        """Write a PNG."""
        # Keys are a stranger's: they may hold slashes and dots, or be longer than a name of a file.
        name = f"{IMAGES}/{hashlib.sha256(_versioned(key, digest).encode()).hexdigest()[:_DIGITS]}.png"
        write_image(self._folder / name, pixels)
        return name

    def place_of(self, path: Path) -> str:
        """Return the path below ``source``."""
        if f"{STORE_SUFFIX}#" in str(path):
            raise DataError(f"{path}: its name reads like a place in a pair store. Rename it.")
        if not path.is_relative_to(self._root):
            raise DataError(
                f"{path}: expected a file below {self._root}. Use storage 'lmdb', or a root above it."
            )
        return f"{SOURCE}/{path.relative_to(self._root).as_posix()}"

    def has(self, place: str, digest: str) -> bool:
        """Tell whether the file is there, and whole where that is asked for."""
        first, _, rest = place.partition("/")
        path = self._root / rest if first == SOURCE else self._folder / place
        return _holds(path, digest) if self._verify else path.is_file()

    def keep_only(self, places: Collection[str]) -> None:
        """Remove other PNG files that were written here; nobody else's are touched."""
        for path in (self._folder / IMAGES).glob("*.png"):
            if _OURS.fullmatch(path.name) and f"{IMAGES}/{path.name}" not in places:
                path.unlink()

    def commit(self) -> None:
        """Do nothing: every file is written whole."""

    def close(self) -> None:
        """Do nothing."""


def _holds(path: Path, digest: str) -> bool:
    try:
        pixels = read_image_file(path).pixels
    except DataError:
        return False
    return digest in ("", hash_pixels(pixels))


def _versioned(key: str, digest: str) -> str:
    """Return a key that these pixels have and no others: files that are copied or touched keep theirs."""
    return f"{key}@{digest[:16]}"


def open_keeper(storage: str, folder: Path, root: Path, verify: bool = False) -> Keeper:
    """Return what keeps pixels for a kind of storage, "lmdb" or "files"."""
    return LmdbKeeper(folder, verify) if storage == "lmdb" else FileKeeper(folder, root, verify)
