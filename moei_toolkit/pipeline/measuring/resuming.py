"""Keeps images as they are measured, so that an evaluation that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.measuring.measurement import Measured, measured_as_row, measured_from_row

KEPT_FILE = "measured.jsonl"
"""What is kept, until the evaluation is whole."""


def measure_on(
    path: Path,
    key: Mapping[str, Any],
    records: Sequence[Record],
    measure: Callable[[Sequence[Record]], Iterator[Measured]],
    log: Reporter,
) -> list[Measured]:
    """Measure images along every route, but for those that are kept; keep each as soon as it is measured.

    Args:
        path: Where they are kept.
        key: What measurements depend on; what is kept under another key is measured again.
        records: What is to be measured.
        measure: Measures some of them, in order.
        log: Told how far it is.

    Raises:
        StoreError: The file cannot be written.
    """
    found = _kept(path, key)
    left = [record for record in records if record.id not in found]
    if found:
        log.info(f"measure: {len(records) - len(left)} of {len(records)} images are there from before")
    with disk_errors(path):
        atomic_write_text(path, "".join(map(_line, [key, *map(measured_as_row, found.values())])))
        with path.open("a", encoding="utf-8") as file, log.progress(len(left), "measure") as progress:
            for image in measure(left):
                found[image.id] = image
                file.write(_line(measured_as_row(image)))
                file.flush()
                progress.advance()
    return [found[record.id] for record in records]


def _kept(path: Path, key: Mapping[str, Any]) -> dict[str, Measured]:
    """Return what is kept under a key, by id; up to a line that was not written to its end."""
    if not path.is_file():
        return {}
    first, *lines = path.read_text(encoding="utf-8").split("\n")
    if f"{first}\n" != _line(key):
        return {}
    found = {}
    for line in lines:
        try:
            image = measured_from_row(json.loads(line), str(path))
        except (ValueError, DataError):
            break
        found[image.id] = image
    return found


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True) + "\n"
