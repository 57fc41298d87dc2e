"""Training samples from a pair store, against decoding two PNG files for every crop, as is usual."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.data.crops import CropDataset
from moei_toolkit.data.records import Record
from moei_toolkit.data.storage.pair_store import STORE_NAME
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.io.images.pixels import hash_pixels

CROP, OVERVIEW, PAIRS = 256, 64, 4
COMPRESSION = 3
"""Level of PNG compression that BasicSR writes its sub-images with."""
CROPS_PER_CALL = 8

Pair = tuple[Path, Path]


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to crops of large pairs; ours comes with overviews, which the other has none of."""
    return compare(scale, lambda images, folder: [write_pair(folder, pair) for pair in images])


def compare(
    scale: Scale, write: Callable[[Sequence[tuple[np.ndarray, np.ndarray]], Path], Sequence[Pair]]
) -> tuple[Work, Work]:
    """Return two ways to the same number of crops: from PNG files, and from a pair store.

    Args:
        scale: Size of the images.
        write: Writes pairs of images into a folder as the pairs of files that crops are taken from.
    """
    keeper = tempfile.TemporaryDirectory()
    folder = Path(keeper.name)
    images = [make_pair(scale, seed) for seed in range(PAIRS)]
    files, crop = write(images, folder), min(CROP, scale.width, scale.height)
    records = _store(images, folder)
    dataset = CropDataset(PixelStore(folder), records, {"rain": 1.0}, crop, 1, OVERVIEW, 0)
    rng, index = np.random.default_rng(0), count()

    def from_files() -> list[tuple[Tensor, Tensor]]:
        chosen = rng.integers(len(files), size=CROPS_PER_CALL)
        return [_decode_and_crop(files[at], crop, rng) for at in chosen]

    def from_store() -> str:
        for _ in range(CROPS_PER_CALL):
            dataset[next(index)]
        return keeper.name  # which lives as long as this is called

    return from_files, from_store


def make_pair(scale: Scale, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a degraded and a clean (H, W, 3) uint8 image, with detail of every size like photographs."""
    rng = np.random.default_rng(seed)
    size = (scale.width, scale.height)
    clean = np.full((scale.height, scale.width, 3), 128, np.float32)
    for octave in range(2, 11):
        coarse = rng.standard_normal((2**octave, 2**octave, 3), dtype=np.float32)
        clean += 40 * 0.6 ** (octave - 2) * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    degraded, clean = (
        np.clip(clean + noise * rng.standard_normal(clean.shape, dtype=np.float32), 0, 255).astype(np.uint8)
        for noise in (6, 2)
    )
    return degraded, clean


def write_pair(folder: Path, pair: tuple[np.ndarray, np.ndarray]) -> Pair:
    """Write two images as PNG under names that no other pair has; return where."""
    name = hash_pixels(pair[0])[:16]
    paths = folder / f"{name}-degraded.png", folder / f"{name}-clean.png"
    for path, pixels in zip(paths, pair, strict=True):
        cv2.imwrite(str(path), pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION])
    return paths


def _store(images: Sequence[tuple[np.ndarray, np.ndarray]], folder: Path) -> list[Record]:
    records = []
    with PairWriter(folder / STORE_NAME) as writer:
        for number, (degraded, clean) in enumerate(images):
            writer.put(f"{number}-rain", degraded)
            writer.put(f"{number}", clean)
            height, width = clean.shape[:2]
            records.append(
                Record(
                    id=f"{number}-rain",
                    dataset="bench",
                    scene_id=f"{number}",
                    split="train",
                    path_raw=f"{STORE_NAME}#{number}-rain",
                    path_gt=f"{STORE_NAME}#{number}",
                    width=width,
                    height=height,
                    degradation="rain",
                    severity=0.5,
                    capture_id=f"{number}",
                    hash="",
                    source="generated",
                )
            )
    return records


def _decode_and_crop(files: Pair, crop: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Decode both files as a whole, take the same crop and flip of both, and make tensors of them."""
    images = [np.asarray(cv2.imread(str(path))) for path in files]
    height, width = images[0].shape[:2]
    top, left = int(rng.integers(height - crop + 1)), int(rng.integers(width - crop + 1))
    pieces = [image[top : top + crop, left : left + crop] for image in images]
    if rng.random() < 0.5:
        pieces = [piece[:, ::-1] for piece in pieces]
    degraded, clean = (
        torch.from_numpy(np.ascontiguousarray(piece[..., ::-1].transpose(2, 0, 1), np.float32) / 255)
        for piece in pieces
    )
    return degraded, clean


BENCHMARK = Benchmark(
    "crops", "crops of PNG files, decoded as a whole", "crops of a pair store", Target(">=", 20), prepare
)
