"""What to say when a data set is not where it should be."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from moei_toolkit.data.layouts.base import TEST, TRAIN
from moei_toolkit.data.layouts.file_names import plain
from moei_toolkit.data.layouts.folder_names import CLEAN_FOLDERS, is_clean, split_of
from moei_toolkit.data.layouts.folders import Folder, read_folder
from moei_toolkit.data.layouts.parts import Part, Parts
from moei_toolkit.data.layouts.published_set import PublishedSet
from moei_toolkit.errors import DataError, did_you_mean

_MOST_LOOKED_AT = 300
"""Folders below a wrong root that are looked at to find the right one."""


def require_parts(root: Folder, known: PublishedSet, parts: Parts) -> None:
    """Refuse a root without a part, and a part with only clean or only degraded images.

    Raises:
        DataError: Says what was expected, what is there, and what may be meant.
    """
    if not parts.found:
        names = (*CLEAN_FOLDERS, *known.variants, *known.groups, TRAIN, TEST)
        hint = _other_root(root, known) or _misspelt(parts, names)
        expected = f"expected the folders of {known.name!r}, {known.shape}"
        raise DataError(f"{root.path}: {expected}; there is {_listed(root)}.{hint}")
    for part in parts.found.values():
        for folders, what, names in (
            (part.clean, "clean", tuple(CLEAN_FOLDERS)),
            (part.degraded, "degraded", tuple(known.variants)),
        ):
            if not folders:
                raise DataError(
                    f"{_beside(part)}: expected a folder of {what} images beside it, called one of "
                    f"{', '.join(sorted(names))} in any case; there is none.{_misspelt(parts, names)}"
                )


def _listed(root: Folder) -> str:
    names = [repr(folder.name) for folder in read_folder(root).folders]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more if names else "no folder"


def _misspelt(parts: Parts, names: Iterable[str]) -> str:
    """Return a hint for the first unknown folder whose name is close to a known one."""
    hints = ((folder.name, did_you_mean(plain(folder.name), names)) for folder in parts.unknown)
    return next((f" {name!r}: {hint}" for name, hint in hints if hint.startswith("Did")), "")


def _other_root(root: Folder, known: PublishedSet) -> str:
    """Return a hint that names a folder below which has the expected shape."""
    waiting = deque([root])
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            break
        folder = waiting.popleft()
        below = read_folder(folder).folders
        names = [one.name for one in below]
        if any(map(is_clean, names)) and any(plain(name) in known.variants for name in names):
            path = folder.path
            while path != root.path and (split_of(path.name) or plain(path.name) in known.groups):
                path = path.parent
            return f" Did you mean root={str(path)!r}?"
        waiting.extend(below)
    return ""


def _beside(part: Part) -> str:
    return str((part.clean or [folder for _, folder in part.degraded])[0].path)
