"""Copies the image files of a prepared set into its pair store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

import numpy as np

from moei_toolkit.data.preparation.keeping.ledger import Ledger
from moei_toolkit.data.preparation.keeping.set_lock import writing_to
from moei_toolkit.data.preparation.prepared_set import PreparedSet, hash_tables, read_prepared, write_prepared
from moei_toolkit.data.records import RECORDS_NAME, Record, read_records, write_records
from moei_toolkit.data.storage.keys import short_key
from moei_toolkit.data.storage.pair_store import STORE_NAME, PairStore
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_store import PixelStore, check_hash
from moei_toolkit.data.storage.places import find_place
from moei_toolkit.data.storage.stored_image import stored_bytes
from moei_toolkit.errors import DataError
from moei_toolkit.io.processors import usable_cores


@dataclass(frozen=True)
class PackPlan:
    """What there is to pack.

    Attributes:
        images: How many image files.
        needed: Bytes that they take in the store, those that are there from an earlier try included.
        free: Bytes that are free where the store is.
    """

    images: int
    needed: int
    free: int


def plan_pack(folder: Path) -> PackPlan:
    """Return what :func:`pack` would do to a prepared set.

    Raises:
        DataError: The folder is no prepared set, or its records are damaged.
    """
    read_prepared(folder)
    loose = _loose(read_records(folder / RECORDS_NAME))
    needed = sum(stored_bytes(record.height, record.width) for record in loose.values())
    return PackPlan(len(loose), needed, shutil.disk_usage(folder).free)


def pack(folder: Path, progress: Callable[[int, int], None], workers: int | None = None) -> int:
    """Copy every image file that a prepared set refers to into its pairs.lmdb, and refer to that.

    Image files stay where they are. The records change last, once every image is stored and verified, so that
    a set whose packing was stopped is as it was; a second call continues.

    Args:
        folder: The prepared set.
        progress: Called with the number of finished steps and of all steps.
        workers: Threads that decode; all cores when None.

    Returns:
        How many images were packed.

    Raises:
        DataError: The folder is no prepared set or in use, a file is missing, damaged or was changed after
            preparation, or the disk is full.
        StoreError: The tables cannot be written.
    """
    read_prepared(folder)  # before a lock is left in a folder that is none
    with writing_to(folder):
        return _pack(folder, progress, usable_cores() if workers is None else workers)


def _pack(folder: Path, progress: Callable[[int, int], None], workers: int) -> int:
    prepared, records = read_prepared(folder), read_records(folder / RECORDS_NAME)
    loose = _loose(records)
    file = folder / STORE_NAME
    with PairStore(file) as packed:
        waiting = {path: record for path, record in loose.items() if not _is_packed(packed, path, record)}
    total = 2 * len(loose)
    steps = count(total - 2 * len(waiting) + 1)
    if waiting:
        with PairWriter(file, resume=True) as writer, PixelStore(folder) as store:
            for path, pixels in _decoded(store, waiting, workers):
                writer.put(short_key(path), pixels)
                progress(next(steps), total)
    with PairStore(file) as packed:
        for path, record in waiting.items():
            if not _is_packed(packed, path, record):
                raise DataError(f"{file}: {path} came out damaged. Check the disk and pack again.")
            progress(next(steps), total)
    _refer(folder, prepared, [_packed(record) for record in records])
    with Ledger(folder) as ledger:
        ledger.move(_packed_place)
    return len(loose)


def _refer(folder: Path, prepared: PreparedSet, records: Sequence[Record]) -> None:
    """Write records that refer to the store, and what prepared.json says of them."""
    # The two cannot change in one step: in between, nothing is said of the records.
    hashes = {name: found for name, found in prepared.hashes.items() if name != RECORDS_NAME}
    prepared = replace(prepared, storage="lmdb", hashes=hashes)
    write_prepared(folder, prepared)
    write_records(folder / RECORDS_NAME, records)
    write_prepared(folder, replace(prepared, hashes=hash_tables(folder)))


def _loose(records: Sequence[Record]) -> dict[str, Record]:
    """Return the paths that lead to image files, each with a record, the one that knows its hash if any."""
    paths = {record.path_gt: record for record in records} | {record.path_raw: record for record in records}
    return {path: record for path, record in paths.items() if _is_loose(path)}


def _is_loose(path: str) -> bool:
    return find_place(path, Path(), {}).key is None


def _packed(record: Record) -> Record:
    """Return a record that refers to the store."""
    return replace(record, path_raw=_packed_place(record.path_raw), path_gt=_packed_place(record.path_gt))


def _packed_place(path: str) -> str:
    return f"{STORE_NAME}#{short_key(path)}" if _is_loose(path) else path


def _is_packed(store: PairStore, path: str, record: Record) -> bool:
    """Tell whether the store has an image file, undamaged and as it was prepared."""
    try:
        store.verify(short_key(path))
        check_hash(record, path, store.image(short_key(path)).pixels)
    except DataError:
        return False
    return True


def _decoded(
    store: PixelStore, loose: Mapping[str, Record], workers: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the pixels of every path, in order, with few of them in memory at a time."""

    def decode(path: str) -> np.ndarray:
        record = loose[path]
        return store.degraded(record) if path == record.path_raw else store.clean(record)

    waiting = iter(loose)
    with ThreadPoolExecutor(workers) as pool:  # decoders do their work without the interpreter's lock
        pending: list[tuple[str, Future[np.ndarray]]] = [
            (path, pool.submit(decode, path)) for path in islice(waiting, workers + 1)
        ]
        while pending:
            path, future = pending.pop(0)
            yield path, future.result()
            pending += [(path, pool.submit(decode, path)) for path in islice(waiting, 1)]
