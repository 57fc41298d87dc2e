"""Where pixels are, as records say it: in a pair store or in an image file, below the folder or a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_file import parse_json

STORE_SUFFIX = ".lmdb"
"""How the names of pair stores end."""


@dataclass(frozen=True)
class Place:
    """A file, and perhaps a key in it.

    Attributes:
        file: A pair store or an image file.
        key: Of the image in a pair store; None for an image file.
    """

    file: Path
    key: str | None = None


def find_place(path: str, folder: Path, sources: Mapping[str, Path]) -> Place:
    """Return where a path of a record leads to.

    Args:
        path: "FILE.lmdb#KEY" or an image file, relative to the folder, or to the
            source that its first part names.
        folder: Of the prepared set.
        sources: Folders by name.

    Raises:
        DataError: The path leads out of its folder.
    """
    start, mark, key = path.partition(f"{STORE_SUFFIX}#")
    file = PurePosixPath(start + STORE_SUFFIX if mark else start)
    if file.is_absolute() or ".." in file.parts or not file.parts or "\0" in start:
        raise DataError(
            f"{path!r}: expected a path below {folder} or below a source, without '..'. "
            "Prepare the data again."
        )
    first, *rest = file.parts
    where = sources[first].joinpath(*rest) if first in sources else folder / file
    return Place(where, key if mark else None)


def read_sources(path: Path) -> dict[str, Path]:
    """Return the folders of sources.json by name; none when there is no such file.

    Raises:
        DataError: It cannot be read, or holds something else than absolute folders by name.
    """
    if not path.exists():
        return {}
    try:
        sources = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: expected names and folders ({error}). Prepare the data again.") from error
    if not isinstance(sources, dict):
        raise DataError(f"{path}: expected names and folders, got {type(sources).__name__}.")
    for name, folder in sources.items():
        if PurePosixPath(name).parts != (name,) or name in ("..", "/") or not _is_absolute(folder):
            raise DataError(
                f"{path}: expected a plain name and an absolute folder, got {name!r}: {folder!r}. Correct it."
            )
    return {name: Path(folder) for name, folder in sources.items()}


def _is_absolute(folder: object) -> bool:
    return isinstance(folder, str) and Path(folder).is_absolute()
