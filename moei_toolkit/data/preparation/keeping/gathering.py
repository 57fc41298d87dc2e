"""Several prepared sets as one: their records together, their pixels where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from moei_toolkit.data.overlap import capture_of
from moei_toolkit.data.preparation.checking.perceptual_hash import hash_from_text
from moei_toolkit.data.preparation.prepared_set import read_prepared
from moei_toolkit.data.preparation.splitting.capture_merging import STRONGEST_FIRST
from moei_toolkit.data.preparation.splitting.duplicates import find_duplicates, group_duplicates
from moei_toolkit.data.records import RECORDS_NAME, Record, read_records, write_records
from moei_toolkit.data.storage.pixel_store import SOURCES_NAME
from moei_toolkit.data.storage.places import read_sources
from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.types import CLEAN

DISTANCE = 4
"""Clean images of several sets look alike when their perceptual hashes differ in so many bits or fewer."""


def gather(sets: Sequence[Path], tasks: Sequence[str], folder: Path) -> list[Record]:
    """Write one meta.jsonl for several prepared sets, and a sources.json that says where their pixels are.

    Of the images, those of the given tasks and clean ones are taken. Captures of several sets whose clean
    images are equal or look alike stay in the strongest of their splits only, so that none is in two.

    Args:
        sets: Folders of prepared sets.
        tasks: Degradations that are wanted.
        folder: An existing folder.

    Returns:
        The records, as written.

    Raises:
        DataError: A folder is no prepared set, or has no image of any task.
    """
    sources: dict[str, str] = {}
    records: list[Record] = []
    names = _names(sets)
    for path, name in zip(sets, names, strict=True):
        read_prepared(path)
        found = [
            record for record in read_records(path / RECORDS_NAME) if record.degradation in {*tasks, CLEAN}
        ]
        if all(record.degradation == CLEAN for record in found):
            raise DataError(f"{path}: expected images of {', '.join(tasks)}, found none.")
        inner = read_sources(path / SOURCES_NAME)
        sources[name] = str(path.resolve())
        sources |= {f"{name}.{source}": str(place) for source, place in inner.items()}
        prefix = f"{name}/" if len(sets) > 1 else ""
        records += [_moved(record, name, inner, prefix) for record in found]
    kept = without_leaks(records)
    atomic_write_json(folder / SOURCES_NAME, sources)
    write_records(folder / RECORDS_NAME, kept)
    return kept


def without_leaks(records: Sequence[Record]) -> list[Record]:
    """Return the records without captures of which a clean image is in a stronger split too, or one like it.

    The strongest split is test, then val, calibrate, route and train. Images are alike when their pixels are
    equal, or their perceptual hashes nearly so.
    """
    clean = [record for record in records if record.degradation == CLEAN]
    groups = group_duplicates(len(clean), np.array([*_equal(clean), *_alike(clean)], np.int64).reshape(-1, 2))
    strongest: dict[int, str] = {}
    for record, group in zip(clean, groups.tolist(), strict=True):
        known = strongest.setdefault(group, record.split)
        strongest[group] = min(known, record.split, key=STRONGEST_FIRST.index)
    leaking = {
        capture_of(record)
        for record, group in zip(clean, groups.tolist(), strict=True)
        if strongest[group] != record.split
    }
    return [record for record in records if capture_of(record) not in leaking]


def _equal(clean: Sequence[Record]) -> Iterator[tuple[int, int]]:
    first: dict[str, int] = {}
    for index, record in enumerate(clean):
        yield first.setdefault(record.hash, index), index


def _alike(clean: Sequence[Record]) -> Iterator[tuple[int, int]]:
    known = [index for index, record in enumerate(clean) if record.perceptual_hash]
    hashes = np.array([hash_from_text(clean[index].perceptual_hash) for index in known], np.uint64)
    yield from ((known[one], known[other]) for one, other in find_duplicates(hashes, DISTANCE).tolist())


def _moved(record: Record, name: str, inner: Mapping[str, Path], prefix: str) -> Record:
    """Return a record whose paths start at a name in sources.json."""

    def moved(path: str) -> str:
        first = path.partition("/")[0]
        return f"{name}.{path}" if first in inner else f"{name}/{path}"

    return replace(
        record,
        id=f"{prefix}{record.id}",
        scene_id=f"{prefix}{record.scene_id}",
        capture_id=f"{prefix}{record.capture_id}",
        path_raw=moved(record.path_raw),
        path_gt=moved(record.path_gt),
    )


def _names(sets: Sequence[Path]) -> list[str]:
    """Return a name for each set: that of its folder, and a number where another has the same.

    A dot would make names of what lies in a set, which follows one, out of those of sets.
    """
    names: list[str] = []
    for path in sets:
        name = path.resolve().name.replace(".", "_")
        numbered = (f"{name}-{number}" for number in count(2))
        names.append(name if name not in names else next(one for one in numbered if one not in names))
    return names
