"""The pixels of a prepared set, wherever its records say they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import numpy as np

from moei_toolkit.data.records import Record
from moei_toolkit.data.storage.image_file import read_image_file
from moei_toolkit.data.storage.pair_store import PairStore
from moei_toolkit.data.storage.places import Place, find_place, read_sources
from moei_toolkit.data.storage.stored_image import StoredImage
from moei_toolkit.errors import DataError, located
from moei_toolkit.io.images.pixels import hash_pixels

SOURCES_NAME = "sources.json"


class PixelStore:
    """Finds the pixels of records in pair stores and image files.

    Files open on first use, each once, and the object travels to worker processes by folder. Share one store
    per folder, and close it before somebody else opens the same files.

    Args:
        folder: The prepared set, which the paths of records are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._stores: dict[Path, PairStore] = {}
        self._sources: Mapping[str, Path] | None = None

    def degraded(self, record: Record) -> np.ndarray:
        """Return the degraded pixels, (H, W, 3) uint8 RGB, read-only.

        Raises:
            DataError: When the image is missing, damaged or of another size; names file and record.
        """
        return self._image(record, record.path_raw).pixels

    def clean(self, record: Record) -> np.ndarray:
        """Return the clean pixels, (H, W, 3) uint8 RGB, read-only.

        Raises:
            DataError: When the image is missing, damaged or of another size; names file and record.
        """
        return self._image(record, record.path_gt).pixels

    def overview(self, record: Record, size: int) -> np.ndarray:
        """Return the degraded image as a small square, (3, size, size) float32 in [0, 1].

        Raises:
            DataError: When the image is missing, damaged or of another size; names file and record.
        """
        return self._image(record, record.path_raw).overview(size)

    def pair(self, record: Record) -> tuple[StoredImage, StoredImage]:
        """Return the degraded and the clean image, which a clean record reads once.

        Raises:
            DataError: When an image is missing, damaged or of another size; names file and record.
        """
        degraded = self._image(record, record.path_raw)
        same = record.path_gt == record.path_raw
        return degraded, degraded if same else self._image(record, record.path_gt)

    def verify(self, record: Record) -> None:
        """Compare the pixels of a record with what is known of them: checksums in a pair store, and its hash.

        Raises:
            DataError: When they differ or cannot be read; names file and record.
        """
        with located(_name(record)):
            for path in dict.fromkeys((record.path_raw, record.path_gt)):
                place = self._place(path)
                if place.key is not None:
                    self._store(place.file).verify(place.key)
        images = dict(zip((record.path_raw, record.path_gt), self.pair(record), strict=True))
        for path, image in images.items():
            if self._place(path).key is not None:  # else reading has compared it
                check_hash(record, path, image.pixels)

    def close(self) -> None:
        """Let go of all files; the next use opens them again."""
        for store in self._stores.values():
            store.close()

    def __enter__(self) -> PixelStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[PixelStore], tuple[Path]]:
        return PixelStore, (self.folder,)

    def _image(self, record: Record, path: str) -> StoredImage:
        with located(_name(record)):
            place = self._place(path)
            if place.key is None:
                image = read_image_file(place.file)
            else:
                image = self._store(place.file).image(place.key)
            height, width = image.pixels.shape[:2]
            if (height, width) != (record.height, record.width):
                raise DataError(
                    f"{path} of {self.folder}: expected {record.width}x{record.height} pixels, got "
                    f"{width}x{height}. It was changed after preparation; prepare the data again."
                )
        if place.key is None:  # files are the user's, and may change
            check_hash(record, path, image.pixels)
        return image

    def _place(self, path: str) -> Place:
        if self._sources is None:
            self._sources = read_sources(self.folder / SOURCES_NAME)
        return find_place(path, self.folder, self._sources)

    def _store(self, file: Path) -> PairStore:
        """Return the store of a file, the same one for every path that leads to it."""
        if file not in self._stores:
            real = file.resolve()
            self._stores[file] = self._stores.setdefault(real, PairStore(real))
        return self._stores[file]


def check_hash(record: Record, path: str, pixels: np.ndarray) -> None:
    """Raise DataError when the pixels at one of the paths of a record are not those it was written for."""
    expected = record.hash if path == record.path_raw else record.clean_hash
    if expected and (found := hash_pixels(pixels)) != expected:
        raise DataError(
            f"{_name(record)}: expected pixels of sha256 {expected} at {path}, got {found}. They were "
            "changed after preparation; prepare the data again."
        )


def _name(record: Record) -> str:
    return f"record {record.id!r}"
