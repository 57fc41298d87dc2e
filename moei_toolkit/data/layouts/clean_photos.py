"""A folder of clean photographs, for weather that is synthesised."""

from __future__ import annotations

import os
from collections.abc import Iterator

from moei_toolkit.data.layouts.base import Layout, Leftover, Scene
from moei_toolkit.data.layouts.file_scenes import FileScene, Reading, gather_scenes
from moei_toolkit.data.layouts.folders import open_folder, root_path
from moei_toolkit.data.layouts.image_files import collect_images
from moei_toolkit.data.layouts.pairing import single_files
from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.io.images.restoration_record import is_restoration
from moei_toolkit.io.text import is_text

_RESTORED = "it was restored, as the record beside it says, and is no clean photograph"


class CleanPhotos(Layout):
    """Every photograph in a folder and below it.

    A photograph is a scene and a capture of its own, and nobody has divided them; its id is its path below
    the root, without the suffix.

    Args:
        root: The folder.
        dataset: What the data set is called.

    Raises:
        ConfigError: An argument is no text.
    """

    def __init__(self, root: str | os.PathLike[str], dataset: str = "clean_photos") -> None:
        self.root = root_path(root)
        if not isinstance(dataset, str) or not is_text(dataset):
            raise ConfigError(f"dataset: expected text, got {dataset!r}.")
        self.dataset = dataset

    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield every photograph."""
        return self._read().scenes(seed)

    def leftovers(self) -> Iterator[Leftover]:
        """Yield images of kinds that are not read, restorations, and what differs in suffix or case only."""
        return iter(self._read().leftovers)

    def _read(self) -> Reading:
        found = collect_images(open_folder(self.root), only_images=False)
        restored = {file.path for file in found.images if is_restoration(file.path)}
        photos = [file for file in found.images if file.path not in restored]
        single, twins = single_files(photos, lambda file: file, lambda file: file.key)
        leftovers = [*found.leftovers, *twins, *(Leftover(path, _RESTORED) for path in sorted(restored))]
        if not single:
            reasons = "; ".join(f"{one.path.name}: {one.reason}" for one in leftovers[:3])
            raise DataError(
                f"{self.root}: expected photographs in it or below, found none. {reasons}".rstrip()
            )
        scenes = (FileScene(file.id, None, file.id, file.path) for file in single.values())
        return gather_scenes(self.dataset, scenes, leftovers)
