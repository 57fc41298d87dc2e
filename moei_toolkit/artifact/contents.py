"""Whether an artifact holds what it should, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from moei_toolkit.artifact.layout import FILES, stage_path
from moei_toolkit.artifact.sums import SUMS, read_sums


def link_problems(folder: Path) -> Iterator[str]:
    """Yield everything that is neither a plain file nor a folder: what it leads to is not in the artifact."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            yield f"{path.relative_to(folder)}: expected a plain file or folder, got a link or another thing"


def content_problems(folder: Path, stages: Iterable[str]) -> Iterator[str]:
    """Yield what is missing without a trace in SHA256SUMS, what belongs to no artifact, and empty folders.

    Which files a stage has, its manifest says.

    Args:
        folder: An unpacked artifact.
        stages: Names of those the config asks for.

    Raises:
        DataError: The list is missing.
        StoreError: It is damaged.
    """
    paths = sorted(folder.rglob("*"))
    listed = read_sums(folder / SUMS).keys()
    there = {path.relative_to(folder).as_posix() for path in paths if path.is_file()}
    inside = tuple(f"{stage_path(stage)}/" for stage in stages)
    yield from (f"{name} is missing" for name in sorted(FILES - listed - there))
    for name in sorted((listed & there) - FILES):
        if not name.startswith(inside):
            yield f"{name} is no file of an artifact with this config"
    for path in paths:
        if path.is_dir() and not any(path.iterdir()):
            yield f"{path.relative_to(folder)} is an empty folder"
