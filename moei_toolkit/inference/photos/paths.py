"""Which photograph becomes which file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from os.path import realpath
from pathlib import Path

from moei_toolkit.data.layouts.file_names import UNREAD_SUFFIXES, is_hidden
from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.encoding.formats import WRITABLE_SUFFIXES
from moei_toolkit.io.images.restoration_record import is_restoration

USUAL_OUTPUT = "restored"
"""The folder for restorations where none is named."""


def usual_output(source: Path) -> Path:
    """Return where restorations go when nobody says: a folder beside the photograph, or in that of them."""
    return (source if source.is_dir() else source.parent) / USUAL_OUTPUT


def pair_all(sources: Sequence[Path], output: Path | None) -> list[tuple[Path, Path]]:
    """Return every photograph of several sources with the file its restoration goes to.

    Args:
        sources: Photographs and folders; see :func:`pair_paths`.
        output: A file, where there is one photograph; else a folder; the usual one of each source when None.

    Raises:
        ImageError: See :func:`pair_paths`; or two restorations would go to one file.
    """
    if output is not None and len(sources) > 1 and output.suffix.lower() in WRITABLE_SUFFIXES:
        raise ImageError(f"{output}: expected a folder for the restorations of {len(sources)} photographs")
    pairs = [
        pair
        for source in dict.fromkeys(sources)
        for pair in pair_paths(source, output or usual_output(source))
    ]
    _require_kept(pairs)
    taken: dict[Path, tuple[Path, Path]] = {}
    for source, target in pairs:
        first, _ = taken.setdefault(_real(target), (source, target))
        if first != source and _real(first) != _real(source):
            raise ImageError(
                f"{target}: both {first} and {source} would be restored to it; restore them to different "
                "folders"
            )
    return list(taken.values())


def pair_paths(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """Return every photograph with the file its restoration goes to.

    Args:
        source: A photograph, or a folder searched to the bottom, except for what is hidden, and where the
            output, or the usual one, lies in it, or that of a folder below it.
        output: A file when ``source`` is one and this has a suffix, else a folder that mirrors ``source``.

    Raises:
        ImageError: If there is nothing to restore, a restoration would replace its photograph, or the
            output names a file that cannot be written, or one where a folder is wanted.
    """
    if not source.exists():
        raise ImageError(f"{source}: there is no such photograph or folder")
    if source.is_dir():
        if not output.is_dir() and (output.exists() or output.suffix.lower() in WRITABLE_SUFFIXES):
            found = "is a file" if output.exists() else "is the name of a picture"
            raise ImageError(f"{output}: {found}, expected a folder for the restorations of {source}")
        pairs = [(path, output / path.relative_to(source)) for path in _photos_below(source, output)]
    else:
        pairs = [(source, output if _names_a_file(output) else output / _writable_name(source))]
    if not pairs:
        for error in passed_over(source)[0]:
            raise error
        raise ImageError(
            f"{source}: expected photographs ({', '.join(sorted(WRITABLE_SUFFIXES))}), found none"
        )
    _require_kept(pairs)
    return pairs


def _require_kept(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Refuse restorations that would replace a photograph."""
    photos = {_real(photo) for photo, _ in pairs}
    for _, target in pairs:
        if _real(target) in photos:
            raise ImageError(
                f"{target}: the restored picture would replace a photograph; choose another output"
            )


def _photos_below(source: Path, output: Path) -> list[Path]:
    """Return the photographs of a folder, without those that an earlier run may have left in it."""
    inside = _real(source)
    left = {out for out in map(_real, (output, usual_output(source))) if inside in out.parents}

    def is_left(path: Path) -> bool:
        if USUAL_OUTPUT in path.relative_to(source).parts[:-1] and is_restoration(path):
            return True
        return bool(left & set(_real(path).parents))

    found = (path for path in _files_below(source, []) if path.suffix.lower() in WRITABLE_SUFFIXES)
    return sorted(path for path in found if not path.is_dir() and not is_left(path))


def passed_over(source: Path) -> tuple[list[ImageError], Counter[str]]:
    """Return what of a folder is not restored, though a person may think so.

    Returns:
        Why folders below it cannot be read; and how many files have the suffix of a picture that is not, or
        are links to folders, which are not followed: they may lead around in a circle.
    """
    unread: list[ImageError] = []
    return unread, Counter(kind for path in _files_below(source, unread) if (kind := _unread_kind(path)))


def _unread_kind(path: Path) -> str:
    if path.is_symlink() and path.is_dir():
        return "" if path.name == USUAL_OUTPUT else "links to folders"
    suffix = path.suffix.lower()
    return suffix if suffix in UNREAD_SUFFIXES else ""


def _files_below(folder: Path, unread: list[ImageError]) -> Iterator[Path]:
    """Yield every file below a folder, and every link; what is put into the list says what cannot be read."""

    def tell(error: OSError) -> None:
        unread.append(ImageError(f"{error.filename}: cannot be read: {error.strerror}"))

    for above, folders, names in os.walk(folder, onerror=tell):
        folders[:] = [name for name in folders if not is_hidden(name)]
        links = [name for name in folders if Path(above, name).is_symlink()]
        yield from (Path(above, name) for name in (*links, *names) if not is_hidden(name))


def _real(path: Path) -> Path:
    """Return the path without links; unlike Path.resolve, take one that leads to itself for a name."""
    return Path(realpath(path))


def _writable_name(source: Path) -> str:
    if source.suffix.lower() not in WRITABLE_SUFFIXES:
        known = ", ".join(WRITABLE_SUFFIXES)
        raise ImageError(
            f"{source}: expected a photograph whose kind can be written ({known}), got a "
            f"{source.suffix or 'suffixless'} file; if it is one all the same, name its restoration with -o"
        )
    return source.name


def _names_a_file(output: Path) -> bool:
    if output.is_dir() or not output.suffix:
        return False
    if output.suffix.lower() not in WRITABLE_SUFFIXES:
        known = ", ".join(WRITABLE_SUFFIXES)
        raise ImageError(
            f"{output}: cannot write a {output.suffix} file; supported: {known}, or a folder that is there"
        )
    return True
