"""The parts of a published data set: which folders hold clean images, and which degraded ones of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from moei_toolkit.data.layouts.base import Leftover
from moei_toolkit.data.layouts.file_names import looks_like_image, plain
from moei_toolkit.data.layouts.folder_names import is_aside, is_clean, split_of
from moei_toolkit.data.layouts.folders import Contents, Folder, read_folder, walk
from moei_toolkit.data.layouts.pairing import Variant
from moei_toolkit.data.layouts.published_set import PublishedSet


@dataclass
class Part:
    """Folders whose images belong together.

    Attributes:
        split: "train", "test" or "val", after the folder around them; None where there is none of these.
        group: What the group around them tells.
        clean: Folders of clean images.
        degraded: Folders of degraded images, and how they are degraded.
    """

    split: str | None
    group: str
    clean: list[Folder] = field(default_factory=list)
    degraded: list[tuple[Variant, Folder]] = field(default_factory=list)


@dataclass
class Parts:
    """What the folders of a data set are.

    Attributes:
        found: Parts by split and group.
        unknown: Folders that are nothing known.
        leftovers: Files outside every folder of images, and folders that are left out.
    """

    found: dict[tuple[str | None, str], Part] = field(default_factory=dict)
    unknown: list[Folder] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)

    def part(self, split: str | None, group: str) -> Part:
        """Return the part of a split and a group, a new one when there is none."""
        return self.found.setdefault((split, group), Part(split, group))


def find_parts(root: Folder, known: PublishedSet) -> Parts:
    """Look for the folders of a data set.

    The name of the root counts, and its parent's above a group, unless the parts lie below it.
    """
    parts = Parts()
    path = root.path.absolute()
    group = known.groups.get(plain(path.name), "")
    split = split_of(path.parent.name if plain(path.name) in known.groups else path.name)
    if any(split_of(below.name) for below in read_folder(root).folders):
        split = None
    _explore(root, split, group, known, parts)
    return parts


def _explore(folder: Folder, split: str | None, group: str, known: PublishedSet, parts: Parts) -> None:
    contents = read_folder(folder)
    parts.leftovers += [*contents.leftovers, *_strays(folder, contents, known)]
    for below in contents.folders:
        name, published = plain(below.name), split_of(below.name)
        if name in known.variants:
            for part, images in _divided(below, split, known, parts):
                parts.part(part, group).degraded.append((known.variants[name], images))
        elif is_clean(below.name):
            for part, images in _divided(below, split, known, parts):
                parts.part(part, group).clean.append(images)
        elif name in known.asides:
            parts.leftovers.append(Leftover(below.path, known.asides[name], meant=True))
        elif name in known.groups:
            _explore(below, split, known.groups[name] or group, known, parts)
        elif published and split in (None, published):
            _explore(below, published, group, known, parts)
        elif not is_aside(below.name):
            parts.unknown.append(below)


def _divided(
    folder: Folder, split: str | None, known: PublishedSet, parts: Parts
) -> list[tuple[str | None, Folder]]:
    """Return a folder of images and its published part, or those below it: ``input/train`` is "train"."""
    contents = read_folder(folder)
    if split or not any(split_of(below.name) for below in contents.folders):
        return [(split, folder)]
    parts.leftovers += [*contents.leftovers, *_strays(folder, contents, known)]
    return [(split_of(below.name), below) for below in contents.folders]


def _strays(folder: Folder, contents: Contents, known: PublishedSet) -> list[Leftover]:
    """Return the images that lie where there should be only folders."""
    reason = f"it lies in no folder of images; expected {known.shape}"
    return [Leftover(folder.path / name, reason) for name in contents.files if looks_like_image(name)]


def holds_images(folder: Folder) -> bool:
    """Tell whether there is an image in a folder, or below it."""
    return any(looks_like_image(name) for _, _, contents in walk(folder) for name in contents.files)
