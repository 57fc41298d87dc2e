"""Any two folders of images that belong together by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from moei_toolkit.data.layouts.base import SPLITS, Layout, Leftover, Scene
from moei_toolkit.data.layouts.file_scenes import Reading, gather_scenes, scene_of
from moei_toolkit.data.layouts.folders import Folder, open_folder, read_folder, root_path
from moei_toolkit.data.layouts.image_files import collect_images
from moei_toolkit.data.layouts.pairing import Degraded, Variant, pair_images
from moei_toolkit.errors import ConfigError, DataError, did_you_mean
from moei_toolkit.io.text import is_text
from moei_toolkit.types import CLEAN


class Pairs(Layout):
    """A folder of degraded images and one of clean ones, of the same names, in whatever folders below.

    Every pair is a scene and a capture of its own; its id is its path below the folder of clean images.

    Args:
        root: The folder that both lie below; paths of a prepared set are relative to it.
        degradation: The task of the degraded images.
        degraded: Their folder, relative to the root.
        clean: The folder of clean images, relative to the root.
        split: One of ``SPLITS`` for every pair; None leaves that to preparation.
        dataset: What the data set is called.

    Raises:
        ConfigError: An argument is no text, the split is unknown, or one folder lies in the other.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        degradation: str,
        degraded: str = "input",
        clean: str = "gt",
        split: str | None = None,
        dataset: str = "pairs",
    ) -> None:
        self.root = root_path(root)
        given = {"degradation": degradation, "degraded": degraded, "clean": clean, "dataset": dataset}
        for name, value in given.items():
            if not isinstance(value, str) or not is_text(value):
                raise ConfigError(f"{name}: expected text, got {value!r}.")
        if degradation == CLEAN:
            raise ConfigError(f"degradation: expected the name of one, {CLEAN!r} stands for none.")
        if split is not None and split not in SPLITS:
            raise ConfigError(f"split: unknown split {split!r}. {did_you_mean(str(split), SPLITS)}")
        one, other = (Path(os.path.normpath(self.root / name)) for name in (degraded, clean))
        if one.is_relative_to(other) or other.is_relative_to(one):
            raise ConfigError(
                f"degraded and clean: expected two folders side by side, got {one} and {other}."
            )
        self.dataset = dataset
        self._variant = Variant(degradation, degradation)
        self._degraded, self._clean, self._split = degraded, clean, split

    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield every pair."""
        return self._read().scenes(seed)

    def leftovers(self) -> Iterator[Leftover]:
        """Yield the files in both folders that belong to no pair."""
        return iter(self._read().leftovers)

    def _read(self) -> Reading:
        degraded, clean = (open_below(self.root, name) for name in (self._degraded, self._clean))
        found, wanted = (collect_images(folder, only_images=True) for folder in (degraded, clean))
        pairing = pair_images(
            wanted.images,
            [Degraded(file, self._variant) for file in found.images],
            [*found.lists, *wanted.lists],
            (str(clean.path), str(degraded.path)),
        )
        if not pairing.matches:
            raise DataError(
                f"{degraded.path} and {clean.path}: expected images of the same names, found "
                f"{len(found.images)} and {len(wanted.images)} images, and no two that belong together."
            )
        scenes = (scene_of(match, self._split, "", match.clean.id) for match in pairing.matches)
        return gather_scenes(self.dataset, scenes, [*pairing.leftovers, *found.leftovers, *wanted.leftovers])


def open_below(root: Path, name: str) -> Folder:
    """Return a folder below a root.

    Raises:
        DataError: It is not there; says what is, and what may be meant.
    """
    try:
        return open_folder(root / name)
    except DataError as error:
        there = [folder.name for folder in read_folder(open_folder(root)).folders]
        raise DataError(f"{error} {did_you_mean(name, there) or 'There is no other folder.'}") from error
