"""From the folders of a published data set to scenes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from moei_toolkit.data.layouts.base import TEST, VAL, Layout, Leftover, Scene
from moei_toolkit.data.layouts.file_scenes import FileScene, Reading, gather_scenes, scene_of
from moei_toolkit.data.layouts.folders import Folder, open_folder, root_path
from moei_toolkit.data.layouts.image_files import Collected, collect_images
from moei_toolkit.data.layouts.missing import require_parts
from moei_toolkit.data.layouts.pairing import Degraded, Match, Pairing, pair_images
from moei_toolkit.data.layouts.parts import Part, find_parts, holds_images
from moei_toolkit.data.layouts.published_set import PublishedSet
from moei_toolkit.errors import DataError


def read_published(root: Path, known: PublishedSet) -> Reading:
    """Return the scenes of a published data set and what is left over.

    Ids are made of the published part, the group and the name of the clean image; those of degraded images
    end in their variant. "val" is the published test part where there is no other. A capture that is in two
    published parts counts as two, because both stay what they were published as.

    Args:
        root: The folder of the data set.
        known: The data set.

    Raises:
        DataError: The root cannot be read, folders are missing, or no two images belong together.
    """
    top = open_folder(root)
    parts = find_parts(top, known)
    require_parts(top, known, parts)
    has_test = any(part.split == TEST for part in parts.found.values())
    leftovers = [*parts.leftovers, *_of_no_use(parts.unknown, known)]
    scenes: list[FileScene] = []
    for part in parts.found.values():
        split = TEST if part.split == VAL and not has_test else part.split
        pairing = _pair(part, known)
        leftovers += pairing.leftovers
        scenes += [_scene(match, part, split, known) for match in pairing.matches]
    if not scenes:
        reasons = "; ".join(f"{leftover.path}: {leftover.reason}" for leftover in leftovers[:3])
        raise DataError(
            f"{root}: expected pairs of images, found none. {reasons or 'The folders are empty.'}"
        )
    return gather_scenes(known.name, scenes, leftovers)


def layout_of(known: PublishedSet, name: str, module: str, about: str) -> type[Layout]:
    """Return the layout of a data set that needs to be told nothing but its root.

    Args:
        known: The data set.
        name: What the class is called in its module.
        module: The module that the class belongs to.
        about: Its docstring.
    """

    class Published(Layout):
        def __init__(self, root: str | os.PathLike[str]) -> None:
            self.root = root_path(root)

        def scenes(self, seed: int) -> Iterator[Scene]:
            return read_published(self.root, known).scenes(seed)

        def leftovers(self) -> Iterator[Leftover]:
            return iter(read_published(self.root, known).leftovers)

    Published.__name__ = Published.__qualname__ = name
    Published.__module__, Published.__doc__ = module, about
    return Published


def _of_no_use(unknown: Iterable[Folder], known: PublishedSet) -> Iterator[Leftover]:
    for folder in unknown:
        if holds_images(folder):
            reason = f"it holds images, but {known.name!r} has no folder of this name; expected {known.shape}"
            yield Leftover(folder.path, reason)


def _pair(part: Part, known: PublishedSet) -> Pairing:
    clean, degraded = Collected(), Collected()
    images: list[Degraded] = []
    for folder in part.clean:
        clean.add(collect_images(folder, only_images=True))
    for variant, folder in part.degraded:
        found = collect_images(folder, only_images=True)
        degraded.add(found)
        images += (Degraded(file, known.refine(variant, part.group, file.stem)) for file in found.images)
    left_out = [
        Leftover(
            one.file.path, f"images that are {one.variant.label!r} have no task; give them one in names", True
        )
        for one in images
        if one.variant.degradation is None
    ]
    pairing = pair_images(
        clean.images,
        [one for one in images if one.variant.degradation is not None],
        [*clean.lists, *degraded.lists],
        (_listed(part.clean), _listed(folder for _, folder in part.degraded)),
        known.partners,
    )
    return Pairing(pairing.matches, (*pairing.leftovers, *clean.leftovers, *degraded.leftovers, *left_out))


def _listed(folders: Iterable[Folder]) -> str:
    return " or ".join(str(folder.path) for folder in folders)


def _scene(match: Match, part: Part, split: str | None, known: PublishedSet) -> FileScene:
    prefix = f"{part.split}-" if part.split else ""
    capture = f"{prefix}{match.clean.inner}{known.capture(match.clean.stem)}"
    return scene_of(match, split, f"{prefix}{part.group}-" if part.group else prefix, capture)
