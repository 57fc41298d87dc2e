"""Samples are the same wherever the pixels are kept, and cost what a crop costs."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from stored import picture, record

from moei_toolkit.data.crops import CropDataset
from moei_toolkit.data.records import Record
from moei_toolkit.data.storage import image_file
from moei_toolkit.data.storage.pair_store import STORE_NAME
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.data.views import make_overview

TASKS = ("rain", "haze", "snow", "clean")
MIX = {"rain": 1.0, "snow": 2.0, "haze": 1.0, "clean": 0.5}
SIZES = [(40, 56), (33, 70), (20, 90)]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def records(tmp_path) -> list[Record]:
    """Nine degraded images and three clean ones, in a pair store and as files."""
    rng, found = np.random.default_rng(7), []
    with PairWriter(tmp_path / STORE_NAME) as writer:

        def add(key: str, clean: str, degradation: str, pixels: np.ndarray, severity: float) -> None:
            writer.put(key, pixels)
            cv2.imwrite(str(tmp_path / f"{key}.png"), pixels[..., ::-1])
            row = record(key, pixels, f"{STORE_NAME}#{key}", f"{STORE_NAME}#{clean}", degradation)
            found.append(dataclasses.replace(row, severity=severity))

        for number, size in enumerate(SIZES):
            scene = f"s{number}"
            add(scene, scene, "clean", rng.integers(0, 256, (*size, 3), dtype=np.uint8), 0.0)
            for degradation in ("rain", "haze", "snow"):
                for draw in range(2):
                    pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
                    severity = round(float(rng.random()), 3)
                    add(f"{scene}-{degradation}-{draw}", scene, degradation, pixels, severity)
    return found


def as_files(records: list[Record]) -> list[Record]:
    def file_of(path: str) -> str:
        return path.partition("#")[2] + ".png"

    return [
        dataclasses.replace(row, path_raw=file_of(row.path_raw), path_gt=file_of(row.path_gt))
        for row in records
    ]


def crops(store: PixelStore, records: list[Record], seed: int = 1) -> CropDataset:
    return CropDataset(store, records, MIX, 32, 2, 64, seed, TASKS)


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (1, "480e21368eb2bece51877651764dd983ebdacfcf4ec2b3bcd3ca5d597eaba9e6"),
        (2, "e5b10c52b45c1860319ae0ad509dae8ef8b10f871117fd976c51e8863917b81c"),
    ],
)
def test_samples_are_those_of_earlier_versions(tmp_path, records, seed, expected):
    digest = hashlib.sha256()
    with PixelStore(tmp_path) as store:
        drawn = crops(store, records, seed)
        for sample in (drawn[index] for index in range(40)):
            for name in ("degraded", "clean", "task", "severity"):
                digest.update(sample[name].numpy().tobytes())
    assert digest.hexdigest() == expected


def test_overviews_of_small_images_are_those_of_their_pixels(tmp_path, records):
    with PixelStore(tmp_path) as store:
        expected = {make_overview(store.degraded(row), 64).tobytes() for row in records}
        drawn = crops(store, records)
        assert all(drawn[index]["overview"].numpy().tobytes() in expected for index in range(20))


def test_files_and_pair_stores_give_the_same_samples(tmp_path, records):
    with PixelStore(tmp_path) as store:
        packed, loose = crops(store, records), crops(store, as_files(records))
        for index in range(20):
            one, two = packed[index], loose[index]
            assert all(torch.equal(one[name], two[name]) for name in one)


def test_each_file_is_decoded_once_per_sample(tmp_path, records, monkeypatch):
    read, seen = image_file.read_image, []
    monkeypatch.setattr(image_file, "read_image", lambda path: seen.append(path) or read(path))
    with PixelStore(tmp_path) as store:
        drawn = crops(store, as_files(records))
        for index in range(20):
            seen.clear()
            clean = TASKS[int(drawn[index]["task"])] == "clean"
            assert len(seen) == len(set(seen)) == (1 if clean else 2)


@pytest.fixture(scope="module")
def uhd(tmp_path_factory) -> tuple[Path, list[Record]]:
    """A pair of 4K."""
    folder = tmp_path_factory.mktemp("uhd")
    images = {key: cv2.resize(picture(seed, 135, 240), (3840, 2160)) for seed, key in enumerate(("c", "d"))}
    with PairWriter(folder / STORE_NAME) as writer:
        for key, pixels in images.items():
            writer.put(key, pixels)
    return folder, [record("d", images["d"], f"{STORE_NAME}#d", f"{STORE_NAME}#c", "rain")]


def uhd_crops(uhd: tuple[Path, list[Record]], crops_per_image: int) -> CropDataset:
    return CropDataset(PixelStore(uhd[0]), uhd[1], {"rain": 1.0}, 256, crops_per_image, 128, 1, TASKS)


def kibibytes(path: str, name: str, mapped: str = "") -> int:
    """Return the sum of one value over the mappings of this process, or over those of one file."""
    total, counts = 0, not mapped
    for line in Path(path).read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):
            counts = not mapped or line.endswith(mapped)
        elif counts and first == f"{name}:":
            total += int(rest[0])
    return total


def test_a_crop_of_a_huge_image_copies_no_more_than_itself(uhd):
    drawn = uhd_crops(uhd, 1)
    drawn[0]
    tracemalloc.start()
    try:
        drawn[1]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 << 20 < uhd[1][0].width * uhd[1][0].height * 3


@linux_only
def test_a_crop_of_a_huge_image_reads_little_of_it(uhd):
    drawn = uhd_crops(uhd, 1)
    sample = drawn[0]
    touched = kibibytes("/proc/self/smaps", "Rss", mapped=STORE_NAME)
    assert 0 < touched < 2160 * 3840 * 3 // 1024
    assert sample["overview"].shape == (3, 128, 128)


@linux_only
def test_memory_stays_flat_over_2000_crops(uhd):
    """Of what the process alone holds: pages of the file belong to the system, which takes them back."""
    drawn = uhd_crops(uhd, 10)
    for index in range(20):
        drawn[index]
    before = kibibytes("/proc/self/smaps_rollup", "Private_Dirty")
    for index in range(20, 220):
        drawn[index]
    assert kibibytes("/proc/self/smaps_rollup", "Private_Dirty") - before < 8 << 10
