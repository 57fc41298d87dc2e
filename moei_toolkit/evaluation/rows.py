"""Per-image rows: the only thing tables, figures and objectives are derived from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.io.json_file import is_number
from moei_toolkit.io.json_lines import read_json_lines
from moei_toolkit.types import ACTUAL

SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Row:
    """One image under one policy.

    Attributes:
        id: The record's id.
        dataset: Where the scene comes from.
        scene_id: Images of one scene are not independent; statistics cluster by it.
        degradation: Task name, or ``"clean"``.
        severity: In [0, 1].
        policy: ``"input"``, ``"dense"``, ``"dense-equal"``, ``"single.NAME"``, ``"expert.NAME"``, ``"top2"``,
            ``"actual"`` or ``"oracle"``; those of one file are the same for every image.
        route: The route taken; ``"input"`` for the untouched image, ``"A+B"`` for two experts mixed.
        metrics: By metric name, each in the unit its protocol states.
        cost: What restoring took whatever the machine: ``gflops``, counting a multiplication and an addition
            as two, for describing and restoring the image by tiles; 0 for the untouched image.
        error: The task's own loss, the eps_k of utility distillation.
        probabilities: Calibrated probability of each expert; empty unless the policy is ``"actual"``.
        confidence: Largest probability, or the score of an abstention rule; 0 unless the policy is
            ``"actual"``.
        abstained: Whether the confidence fell below the threshold.
        g_hash: First 16 digits of the SHA-256 of the descriptor's bytes.
    """

    id: str
    dataset: str
    scene_id: str
    degradation: str
    severity: float
    policy: str
    route: str
    metrics: Mapping[str, float]
    cost: Mapping[str, float]
    error: float
    probabilities: Mapping[str, float]
    confidence: float
    abstained: bool
    g_hash: str


def by_policy(rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """Return rows by the id of their image and their policy."""
    return {(row.id, row.policy): row for row in rows}


def by_image(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    """Return the rows of every image, each by its policy."""
    images: dict[str, dict[str, Row]] = {}
    for row in rows:
        images.setdefault(row.id, {})[row.policy] = row
    return images


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as JSON lines, atomically, each with the schema version."""
    lines = (
        json.dumps({"schema": SCHEMA_VERSION, **asdict(row)}, sort_keys=True, allow_nan=False) for row in rows
    )
    atomic_write_text(path, "".join(line + "\n" for line in lines))


def read_rows(path: Path) -> list[Row]:
    """Read rows back.

    Raises:
        DataError: If the file is missing, or a line is not such a row; names the line.
    """
    return [_parse(values, where) for where, values in read_json_lines(path)]


def _parse(values: dict[str, Any], where: str) -> Row:
    schema = values.pop("schema", None)
    if schema is None:
        raise DataError(f"{where}: expected rows with a schema version, got {sorted(values)}")
    if schema != SCHEMA_VERSION:
        raise DataError(
            f"{where}: expected rows of schema {SCHEMA_VERSION}, got {schema!r}; evaluate the run again"
        )
    kinds = {field.name: str(field.type) for field in fields(Row)}
    if values.keys() != kinds.keys():
        raise DataError(f"{where}: expected the fields {sorted(kinds)}, got {sorted(values)}")
    where = f"{where}, image {values['id']!r}, policy {values['policy']!r}"
    for name, kind in kinds.items():
        if not _fits(values[name], kind):
            raise DataError(f"{where}: expected {name} to be {_CALLED[kind]}, got {values[name]!r}")
    row = Row(**values)
    _check_values(row, where)
    return row


_CALLED = {
    "str": "text",
    "bool": "true or false",
    "float": "a finite number",
    "Mapping[str, float]": "finite numbers by name",
}


def _fits(value: Any, kind: str) -> bool:
    if kind == "str":
        return isinstance(value, str) and value != ""
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "float":
        return is_number(value)
    return isinstance(value, dict) and all(map(is_number, value.values()))


def _check_values(row: Row, where: str) -> None:
    for name, value in {"severity": row.severity, "confidence": row.confidence, **row.probabilities}.items():
        if not 0 <= value <= 1:
            raise DataError(f"{where}: expected {name} in [0, 1], got {value}")
    for kind, key in (("metrics", "psnr"), ("cost", "gflops")):
        if key not in getattr(row, kind):
            raise DataError(f"{where}: expected {kind} with {key!r}, got {sorted(getattr(row, kind))}")
    if row.policy == ACTUAL and not row.probabilities:
        raise DataError(f"{where}: expected the probability of every expert, got none")
