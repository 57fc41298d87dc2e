"""Folders as zip files: the same bytes every time going in, no harm from strangers coming out."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import atomic_path
from moei_toolkit.io.disk import disk_error, is_disk_full

MOST_FILES, MOST_BYTES = 20_000, 16 << 30
"""What an archive may hold at most, unpacked."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_COMPACT = {".safetensors", ".jpg", ".png"}  # deflating these costs time and saves nothing
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def zip_folder(folder: Path, target: Path) -> None:
    """Write every file of a folder into a zip, whole or not at all; equal folders give equal bytes.

    Raises:
        StoreError: The disk is full, read-only, or failed.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path in files:
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            info.create_system = 3  # Unix, wherever this runs: only then do the bits below count
            info.external_attr = (stat.S_IFREG | (0o755 if path.suffix == ".sh" else 0o644)) << 16
            info.compress_type = zipfile.ZIP_STORED if path.suffix in _COMPACT else zipfile.ZIP_DEFLATED
            info.file_size = path.stat().st_size  # tells the archive whether 32 bits will do
            with path.open("rb") as source, archive.open(info, "w") as member:
                shutil.copyfileobj(source, member)


@contextmanager
def opened(path: Path, most_bytes: int = MOST_BYTES) -> Iterator[Path]:
    """Yield the folder an archive unpacks to, which goes when the block ends; a folder is yielded as it is.

    Args:
        path: A zip, which may come from anyone, or a folder.
        most_bytes: How large it may become.

    Raises:
        StoreError: It is no zip, damaged, too large, or holds anything but plain files inside itself.
    """
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="moei-artifact-") as name:
        folder = Path(name)
        _unzip(path, folder, most_bytes)
        yield folder


def _unzip(path: Path, folder: Path, most_bytes: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if problems := [*_problems(members, most_bytes)]:
                raise StoreError("\n  ".join([f"{path} is not safe to open:", *problems]))
            for member in members:
                target = folder / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                # No more is read than the size that was added up above, whatever the data would inflate to.
                with archive.open(member) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except OSError as error:
        if is_disk_full(error):
            raise disk_error(folder, error) from error
        raise StoreError(f"cannot read {path}: {error.strerror or error}.") from error
    except _DAMAGE as error:
        raise StoreError(
            f"{path} is no zip file, or truncated or damaged: {error}. Get it again, or pack the run again."
        ) from error


def _problems(members: Sequence[zipfile.ZipInfo], most_bytes: int) -> Iterator[str]:
    total = sum(member.file_size for member in members)
    if len(members) > MOST_FILES or total > most_bytes:
        yield f"expected at most {MOST_FILES} files of {most_bytes} bytes, got {len(members)} of {total}"
    names = [member.filename for member in members]
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    seen: set[str] = set()
    for member in members:
        name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
        if not _is_inside(name):
            yield f"{name!r}: expected a relative path without '..'"
        elif name in seen or name in folders:
            yield f"{name!r}: expected every name once"
        elif kind not in (0, stat.S_IFREG):
            yield f"{name!r}: expected a plain file, got a link or something else"
        elif member.flag_bits & 1 or member.compress_type not in _METHODS:
            yield f"{name!r}: expected it stored or deflated, and not encrypted"
        seen.add(name)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and str(path) == name
    return plain and not any(letter in "\\:\n\r" or not letter.isprintable() for letter in name)
