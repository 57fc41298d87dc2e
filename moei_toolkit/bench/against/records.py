"""Records written, read back with every check and split, against plain JSON lines of the same rows."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.data.preparation.splitting.splits import assign_splits
from moei_toolkit.data.records import Record, read_records, write_records
from moei_toolkit.io.hashing import sha256_bytes

COUNT, PER_CAPTURE = 100_000, 5
SHARES = {"train": 0.68, "route": 0.12, "calibrate": 0.08, "val": 0.04, "test": 0.08}


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return both ways; the scale has no say in it."""
    folder = tempfile.TemporaryDirectory()
    ours, plain = Path(folder.name, "records.jsonl"), Path(folder.name, "plain.jsonl")
    records = [make_record(number) for number in range(COUNT)]
    rows = [asdict(record) for record in records]

    def by_records() -> str:
        write_records(ours, records)
        captures = {record.capture_id: None for record in read_records(ours)}
        assign_splits(captures, SHARES, 0, {})
        return folder.name  # which lives as long as this is called

    def by_json() -> list[object]:
        with plain.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        with plain.open(encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    return by_records, by_json


def make_record(number: int) -> Record:
    """Return a record as a large data set has it, another one for every number."""
    scene = f"scene-{number // PER_CAPTURE:06d}"
    name = f"{scene}-rain-{number % PER_CAPTURE}"
    return Record(
        id=name,
        dataset="large",
        scene_id=scene,
        split="train",
        path_raw=f"pairs.lmdb#{name}",
        path_gt=f"pairs.lmdb#{scene}",
        width=3840,
        height=2160,
        degradation="rain",
        severity=round((number % PER_CAPTURE + 0.5) / PER_CAPTURE, 6),
        capture_id=scene,
        hash=sha256_bytes(name.encode()),
        source="photograph",
        severity_estimate=0.4375,
    )


BENCHMARK = Benchmark(
    "records",
    "records written, read back, checked and split",
    "json.dumps and json.loads of their rows",
    Target("<=", 3),
    prepare,
)
