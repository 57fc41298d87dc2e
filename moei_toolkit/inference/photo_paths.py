"""Which photograph becomes which file."""

from __future__ import annotations

from os.path import realpath
from pathlib import Path

from moei_toolkit.errors import ImageError
from moei_toolkit.inference.photo_record import is_restoration
from moei_toolkit.io.images import WRITABLE_SUFFIXES

USUAL_OUTPUT = "restored"
"""The folder for restorations where none is named."""


def usual_output(source: Path) -> Path:
    """Return where restorations go when nobody says: a folder beside the photograph, or in that of them."""
    return (source if source.is_dir() else source.parent) / USUAL_OUTPUT


def pair_paths(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """Return every photograph with the file its restoration goes to.

    Args:
        source: A photograph, or a folder searched to the bottom, except where the output, or the usual one,
            lies in it, or that of a folder below it.
        output: A file when ``source`` is one and this has a suffix, else a folder that mirrors ``source``.

    Raises:
        ImageError: If there is nothing to restore, a restoration would replace its photograph, or the
            output names a file that cannot be written, or one where a folder is wanted.
    """
    if not source.exists():
        raise ImageError(f"{source}: there is no such photograph or folder")
    if source.is_dir():
        if output.exists() and not output.is_dir():
            raise ImageError(f"{output}: is a file, expected a folder for the restorations of {source}")
        pairs = [(path, output / path.relative_to(source)) for path in _photos_below(source, output)]
    else:
        pairs = [(source, output if _names_a_file(output) else output / source.name)]
    if not pairs:
        raise ImageError(
            f"{source}: expected photographs ({', '.join(sorted(WRITABLE_SUFFIXES))}), found none"
        )
    photos = {_real(photo) for photo, _ in pairs}
    for _, target in pairs:
        if _real(target) in photos:
            raise ImageError(
                f"{target}: the restored picture would replace a photograph; choose another output"
            )
    return pairs


def _photos_below(source: Path, output: Path) -> list[Path]:
    """Return the photographs of a folder, without those that an earlier run may have left in it."""
    inside = _real(source)
    left = {out for out in map(_real, (output, usual_output(source))) if inside in out.parents}

    def is_left(path: Path) -> bool:
        if USUAL_OUTPUT in path.relative_to(source).parts[:-1] and is_restoration(path):
            return True
        return bool(left & set(_real(path).parents))

    found = (path for path in source.rglob("*") if path.suffix.lower() in WRITABLE_SUFFIXES)
    return sorted(path for path in found if not path.is_dir() and not is_left(path))


def _real(path: Path) -> Path:
    """Return the path without links; unlike Path.resolve, take one that leads to itself for a name."""
    return Path(realpath(path))


def _names_a_file(output: Path) -> bool:
    if output.is_dir() or not output.suffix:
        return False
    if output.suffix.lower() not in WRITABLE_SUFFIXES:
        known = ", ".join(WRITABLE_SUFFIXES)
        raise ImageError(f"{output}: cannot write a {output.suffix} file; supported: {known}, or a folder")
    return True
