"""Per-image rows: the only thing tables, figures and objectives are derived from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_text

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
        confidence: Largest probability; 0 unless the policy is ``"actual"``.
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
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read rows from {path}: {error}") from error
    return [_parse(line, f"{path}:{number}") for number, line in enumerate(lines, 1)]


def _parse(line: str, where: str) -> Row:
    try:
        values = json.loads(line)
        schema = values.pop("schema")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f"{where}: expected a JSON object with a schema version, got {line[:80]!r}"
        ) from error
    if schema != SCHEMA_VERSION:
        raise DataError(
            f"{where}: expected rows of schema {SCHEMA_VERSION}, got {schema}; evaluate the run again"
        )
    expected = {field.name for field in fields(Row)}
    if values.keys() != expected:
        raise DataError(f"{where}: expected the fields {sorted(expected)}, got {sorted(values)}")
    return Row(**values)
