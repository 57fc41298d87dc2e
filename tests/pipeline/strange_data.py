"""A prepared data set of somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from moei_toolkit.data.records import RECORDS_NAME, Record, write_records
from moei_toolkit.data.storage.pair_store import STORE_NAME
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.io.hashing import sha256_bytes

HEIGHT, WIDTH = 40, 48


def prepare(folder: Path, weathers: Sequence[str] = ("sand",), scenes: Iterable[str] = "abc") -> Path:
    """Make a data set: of every scene a clean image, and one in every weather, called SCENE-WEATHER."""
    folder.mkdir()
    rng, records = np.random.default_rng(0), []
    with PairWriter(folder / STORE_NAME) as writer:
        for scene in scenes:
            for weather in ("clean", *weathers):
                name = scene if weather == "clean" else f"{scene}-{weather}"
                pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
                writer.put(name, pixels)
                records.append(record_of(name, scene, weather, sha256_bytes(pixels.tobytes())))
    write_records(folder / RECORDS_NAME, records)
    return folder


def record_of(name: str, scene: str, weather: str, digest: str) -> Record:
    return Record(
        id=name,
        dataset="strange",
        scene_id=scene,
        split="test",
        path_raw=f"{STORE_NAME}#{name}",
        path_gt=f"{STORE_NAME}#{scene}",
        width=WIDTH,
        height=HEIGHT,
        degradation=weather,
        severity=0.0 if weather == "clean" else 0.5,
        capture_id=scene,
        hash=digest,
        source="photograph",
    )
