"""The folder that preparation leaves: its files, and what prepared.json says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moei_toolkit.data.preparation.results import Finding
from moei_toolkit.data.records import RECORDS_NAME
from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.json_lines import read_json_lines, write_json_lines

PREPARED_NAME = "prepared.json"
FINDINGS_NAME = "findings.jsonl"
SPLITS_NAME = "splits.json"
VERSION = 1


@dataclass(frozen=True)
class PreparedSet:
    """What prepared.json says.

    Attributes:
        layout: The layout and its arguments.
        storage: "lmdb" or "files".
        settings: Everything else that was asked for.
        images: How many records there are.
        scenes: How many scenes they are of.
        dropped: How many files were left out, but for those that the layout leaves out on purpose.
        hashes: sha256 of meta.jsonl and splits.json, by name.
    """

    layout: Mapping[str, Any]
    storage: str
    settings: Mapping[str, Any]
    images: int
    scenes: int
    dropped: int
    hashes: Mapping[str, str]


def hash_tables(folder: Path) -> dict[str, str]:
    """Return the sha256 of the tables of a prepared set, by name."""
    return {name: sha256_file(folder / name) for name in (RECORDS_NAME, SPLITS_NAME)}


def write_prepared(folder: Path, prepared: PreparedSet) -> None:
    """Write prepared.json, which makes a folder a prepared set; it comes last.

    Raises:
        StoreError: The disk is full or read-only.
    """
    atomic_write_json(folder / PREPARED_NAME, {"version": VERSION, **asdict(prepared)})


def read_prepared(folder: Path) -> PreparedSet:
    """Read prepared.json and check that the tables are those it was written for.

    Raises:
        DataError: The folder is no prepared set, or one that was changed.
    """
    path = folder / PREPARED_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data.pop("version")
        prepared = PreparedSet(**data)
        if not prepared.hashes.keys() <= {RECORDS_NAME, SPLITS_NAME}:
            raise ValueError(f"expected hashes of {RECORDS_NAME} and {SPLITS_NAME}, got {[*prepared.hashes]}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{folder}: expected a prepared set, got no readable {PREPARED_NAME} ({error}). "
            "Make it with tools/prepare_data.py."
        ) from error
    if version != VERSION:
        raise DataError(f"{path}: expected version {VERSION}, got {version!r}. Prepare the data again.")
    for name, expected in prepared.hashes.items():
        table = folder / name
        found = sha256_file(table) if table.is_file() else "no file"
        if found != expected:
            raise DataError(
                f"{table}: expected sha256 {expected}, got {found}. It was changed after preparation; "
                "run tools/prepare_data.py again."
            )
    return prepared


def write_findings(folder: Path, findings: list[Finding]) -> None:
    """Write findings.jsonl, one finding per line.

    Raises:
        StoreError: The disk is full or read-only.
    """
    write_json_lines(folder / FINDINGS_NAME, map(asdict, findings))


def read_findings(folder: Path) -> list[Finding]:
    """Read findings.jsonl.

    Raises:
        DataError: It is missing or damaged; names the line.
    """
    findings = []
    for where, row in read_json_lines(folder / FINDINGS_NAME):
        try:
            findings.append(Finding(**row))
        except TypeError as error:
            raise DataError(f"{where}: expected a finding, got {row!r} ({error})") from error
    return findings
