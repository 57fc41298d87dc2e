"""Which degraded images belong to which clean one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from moei_toolkit.data.layouts.base import Leftover
from moei_toolkit.data.layouts.file_names import fold
from moei_toolkit.data.layouts.image_files import ImageFile

Item = TypeVar("Item")
Partners = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class Variant:
    """One way in which the images of a data set are degraded.

    Attributes:
        label: What tells it from the others of one clean image; ids end in it.
        degradation: The task of its images; None where they are left out.
        level: Published strength in [0, 1]; None where there is none.
    """

    label: str
    degradation: str | None
    level: float | None = None


@dataclass(frozen=True)
class Degraded:
    """A degraded image and how it is degraded."""

    file: ImageFile
    variant: Variant


@dataclass(frozen=True)
class Match:
    """A clean image and every degraded one that belongs to it, at least one."""

    clean: ImageFile
    degraded: tuple[Degraded, ...]


@dataclass(frozen=True)
class Pairing:
    """What belongs together, in the order of clean names, and what is left over."""

    matches: tuple[Match, ...]
    leftovers: tuple[Leftover, ...]


def own_stem(stem: str) -> tuple[str, ...]:
    """Return the stem itself: clean and degraded images are called the same."""
    return (stem,)


def pair_images(
    clean: Sequence[ImageFile],
    degraded: Sequence[Degraded],
    lists: Iterable[ImageFile],
    where: tuple[str, str],
    partners: Partners = own_stem,
) -> Pairing:
    """Pair by stem, whatever the case; files that share one are all left over: nobody knows which is right.

    Args:
        clean: The clean images of one part of a data set.
        degraded: Its degraded images.
        lists: Other files among them; one is a leftover when an image lacks a partner of its stem.
        where: What to call the folders of clean images, and of degraded ones.
        partners: Returns the stems that the clean image of a degraded stem may have, the likeliest first.
    """
    by_key, leftovers = single_files(clean, lambda file: file, lambda file: file.key)
    single, twins = single_files(
        degraded, lambda one: one.file, lambda one: (one.variant.label, one.file.key)
    )
    leftovers += twins
    found: dict[str, list[Degraded]] = defaultdict(list)
    lonely: list[tuple[ImageFile, str]] = []
    for one in single.values():
        keys = (fold(one.file.inner + stem) for stem in partners(one.file.stem))
        key = next((key for key in keys if key in by_key), None)
        if key is None:
            lonely.append((one.file, f"clean image in {where[0]}"))
        else:
            found[key].append(one)
    lonely += [(file, f"degraded image in {where[1]}") for file in by_key.values() if file.key not in found]
    leftovers += [
        Leftover(file.path, f"it has no partner: expected one {what} called {file.id!r}, whatever its suffix")
        for file, what in lonely
    ]
    missed = {file.key for file, _ in lonely}
    leftovers += [
        Leftover(file.path, f"it is called like an image that lacks a partner, but {file.suffix} is no image")
        for file in lists
        if file.key in missed
    ]
    return Pairing(tuple(Match(by_key[key], tuple(found[key])) for key in sorted(found)), tuple(leftovers))


def single_files(
    items: Iterable[Item], file_of: Callable[[Item], ImageFile], key_of: Callable[[Item], Hashable]
) -> tuple[dict[Hashable, Item], list[Leftover]]:
    """Return the items whose key no other one has, by key, and leftovers for all others."""
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        groups[key_of(item)].append(item)
    single = {key: group[0] for key, group in groups.items() if len(group) == 1}
    leftovers = []
    for group in groups.values():
        paths = [file_of(item).path for item in group] if len(group) > 1 else []
        named = ", ".join(f"{path.parent.name}/{path.name}" for path in paths)
        leftovers += [
            Leftover(path, f"several files have its name but for suffix and case ({named}); keep one")
            for path in paths
        ]
    return single, leftovers
