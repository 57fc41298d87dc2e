"""One row per degraded image: what it is, where its pixels are, and which split it belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.io.json_lines import read_json_lines

SOURCES = ("photograph", "generated")
_NAMES = ("id", "dataset", "scene_id", "split", "degradation", "capture_id")
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
        severity: In [0, 1]; 0 for clean images.
        capture_id: Shared by scenes that come from one photograph or one capture.
        hash: sha256 of the degraded pixels (uint8, row by row, RGB).
        source: "photograph" or "generated".
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


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records as one JSON object per line, atomically.

    Raises:
        DataError: When a record could not be read back; names its line.
    """
    lines = []
    for number, record in enumerate(records, start=1):
        row = asdict(record)
        _check_values(row, f"{path}:{number}")
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    atomic_write_text(path, "".join(lines))


def read_records(path: Path) -> list[Record]:
    """Read the records of a meta.jsonl.

    Raises:
        DataError: When the file is missing or a row is damaged; names file and line.
    """
    records = [_parse(row, where) for where, row in read_json_lines(path)]
    _refuse_duplicates(records, path)
    return records


def _parse(row: dict[str, Any], where: str) -> Record:
    names = {field.name: str(field.type) for field in fields(Record)}
    if row.keys() != names.keys():
        missing, extra = sorted(names.keys() - row.keys()), sorted(row.keys() - names.keys())
        raise DataError(f"{where}: expected the columns of a record; missing {missing}, unknown {extra}.")
    for name, kind in names.items():
        if not _fits(row[name], kind):
            raise DataError(f"{where}: expected {name} to be {kind}, got {row[name]!r}.")
    _check_values(row, where)
    return Record(**{**row, "severity": float(row["severity"])})


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return False
    kinds: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float)}
    return isinstance(value, kinds[kind])


def _check_values(row: dict[str, Any], where: str) -> None:
    for name in _NAMES:
        if not row[name].strip() or _NO_TEXT.search(row[name]):
            raise DataError(
                f"{where}: expected {name} to be text without control characters, got {row[name]!r}. "
                "Rename the file it comes from."
            )
    if row["width"] < 1 or row["height"] < 1:
        raise DataError(f"{where}: expected a positive size, got {row['width']} x {row['height']}.")
    if not 0.0 <= row["severity"] <= 1.0:
        raise DataError(f"{where}: expected a severity in [0, 1], got {row['severity']}.")
    if row["source"] not in SOURCES:
        raise DataError(f"{where}: expected source to be one of {SOURCES}, got {row['source']!r}.")


def _refuse_duplicates(records: list[Record], path: Path) -> None:
    seen: dict[str, int] = {}
    for number, record in enumerate(records, start=1):
        if record.id in seen:
            raise DataError(f"{path}:{number}: the id {record.id!r} is already on line {seen[record.id]}.")
        seen[record.id] = number
