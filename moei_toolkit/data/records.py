"""One row per degraded image: what it is, where its pixels are, and which split it belongs to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter, itemgetter
from pathlib import Path
from sys import intern
from typing import Any

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_lines import read_json_lines, write_json_lines

RECORDS_NAME = "meta.jsonl"
SOURCES = ("photograph", "generated")
_NAMES = ("id", "dataset", "scene_id", "split", "degradation", "capture_id")
_PERCEPTUAL = re.compile(r"([0-9a-f]{16})?")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters: what undecodable file names are made of."""


@dataclass(frozen=True)
class Record:
    """A row of meta.jsonl.

    Attributes:
        id: Unique name of the image.
        dataset: Data set it comes from.
        scene_id: Name of the clean scene; images of one scene share it.
        split: "train", "route", "calibrate", "val" or "test".
        path_raw: Where the degraded pixels are: "pairs.lmdb#KEY".
        path_gt: Where the clean pixels are; equal to ``path_raw`` for a clean image.
        width: Columns.
        height: Rows.
        degradation: Task name, or "clean".
        severity: In [0, 1]; 0 for clean images. The parameter of the generator or the published level; where
            there is neither, the estimate.
        capture_id: Shared by scenes that come from one photograph or one capture.
        hash: sha256 of the degraded pixels (uint8, row by row, RGB).
        source: "photograph" or "generated".
        severity_estimate: In [0, 1], what the pixels say; None where they were not asked.
        shift: Pixels that the degraded file is shifted by against the clean one, to a fraction of one; None
            where that was not measured, or could not be.
        perceptual_hash: Of a clean image, 16 hexadecimal digits; empty where there is none.
        clean_hash: sha256 of the clean pixels; empty where nobody has noted it.
    """

    id: str
    dataset: str
    scene_id: str
    split: str
    path_raw: str
    path_gt: str
    width: int
    height: int
    degradation: str
    severity: float
    capture_id: str
    hash: str
    source: str
    severity_estimate: float | None = None
    shift: float | None = None
    perceptual_hash: str = ""
    clean_hash: str = ""


_KINDS = {field.name: str(field.type) for field in fields(Record)}
_LATER = {"severity_estimate": None, "shift": None, "perceptual_hash": "", "clean_hash": ""}
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, type(None)),
}
_values_of = attrgetter(*_KINDS)
_names_in = itemgetter(*_NAMES)


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records as one JSON object per line, atomically.

    Raises:
        DataError: When a record could not be read back; names its line.
    """
    write_json_lines(path, _rows(path, records))


def read_records(path: Path) -> list[Record]:
    """Read the records of a meta.jsonl; older rows have fewer columns.

    Raises:
        DataError: When the file is missing or a row is damaged; names file and line.
    """
    records = [_parse(row, where) for where, row in read_json_lines(path)]
    if len({record.id for record in records}) < len(records):
        _refuse_duplicates(records, path)
    return records


def _rows(path: Path, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    for number, record in enumerate(records, start=1):
        row = dict(zip(_KINDS, _values_of(record), strict=True))
        _check_values(row, f"{path}:{number}")
        yield row


def _parse(row: dict[str, Any], where: str) -> Record:
    row = {**_LATER, **row}
    if row.keys() != _KINDS.keys():
        missing, extra = sorted(_KINDS.keys() - row.keys()), sorted(row.keys() - _KINDS.keys())
        raise DataError(f"{where}: expected the columns of a record; missing {missing}, unknown {extra}.")
    for name, kind in _KINDS.items():
        if type(row[name]) not in _TYPES[kind]:  # true is no number here
            raise DataError(f"{where}: expected {name} to be {kind}, got {row[name]!r}.")
    _check_values(row, where)
    for name in ("dataset", "split", "degradation", "source", "clean_hash"):  # which many rows share
        row[name] = intern(row[name])
    row["severity"] = float(row["severity"])
    return Record(**row)


def _check_values(row: dict[str, Any], where: str) -> None:
    names = _names_in(row)
    if not (all(map(str.strip, names)) and "".join(names).isprintable()):
        _refuse_no_text(row, where)
    if row["width"] < 1 or row["height"] < 1:
        raise DataError(f"{where}: expected a positive size, got {row['width']} x {row['height']}.")
    if not 0.0 <= row["severity"] <= 1.0:
        raise DataError(f"{where}: expected a severity in [0, 1], got {row['severity']}.")
    estimate = row["severity_estimate"]
    if estimate is not None and not 0.0 <= estimate <= 1.0:
        raise DataError(f"{where}: expected a severity_estimate in [0, 1], got {estimate}.")
    shift = row["shift"]
    if shift is not None and not 0.0 <= shift < math.inf:
        raise DataError(f"{where}: expected a shift of 0 pixels or more, got {shift}.")
    if not _PERCEPTUAL.fullmatch(row["perceptual_hash"]):
        raise DataError(f"{where}: expected 16 hexadecimal digits, got {row['perceptual_hash']!r}.")
    if row["source"] not in SOURCES:
        raise DataError(f"{where}: expected source to be one of {SOURCES}, got {row['source']!r}.")


def _refuse_no_text(row: dict[str, Any], where: str) -> None:
    """Refuse names that are empty or hold what no one can read; what cannot be printed otherwise may stay."""
    for name in _NAMES:
        if not row[name].strip() or _NO_TEXT.search(row[name]):
            raise DataError(
                f"{where}: expected {name} to be text without control characters, got {row[name]!r}. "
                "Rename the file it comes from."
            )


def _refuse_duplicates(records: list[Record], path: Path) -> None:
    seen: dict[str, int] = {}
    for number, record in enumerate(records, start=1):
        if record.id in seen:
            raise DataError(f"{path}:{number}: the id {record.id!r} is already on line {seen[record.id]}.")
        seen[record.id] = number
