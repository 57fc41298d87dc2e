from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from moei_toolkit.data.layouts.base import DegradedFile, Layout, Leftover, Scene
from moei_toolkit.data.preparation.checking.inspection import Checks
from moei_toolkit.data.preparation.prepare import Order
from moei_toolkit.data.records import Record, read_records
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.io.images.reading import read_image
from moei_toolkit.io.images.writing import write_image

SHARES = {"train": 0.4, "route": 0.15, "calibrate": 0.25, "val": 0.1, "test": 0.1}


def load(path: Path) -> tuple[np.ndarray, np.ndarray]:
    pixels = read_image(path).pixels
    return pixels, np.linspace(1, 0, pixels.shape[0], dtype=np.float32)[:, None].repeat(pixels.shape[1], 1)


class DiskLayout(Layout):
    """ROOT/clean/NAME.png and, unless it is told otherwise, ROOT/haze/NAME.png."""

    def __init__(self, root: Path, paired: bool = True, split: str | None = None) -> None:
        self.root = root
        self.paired = paired
        self.split = split

    def scenes(self, seed: int) -> Iterator[Scene]:
        for path in sorted((self.root / "clean").iterdir()):
            hazy = self.root / "haze" / path.name
            files = (
                (DegradedFile(f"{path.stem}-haze", "haze", hazy),) if self.paired and hazy.exists() else ()
            )
            yield Scene(
                path.stem, self.split, "disk", path.stem, "photograph", partial(load, path), path, files
            )

    def leftovers(self) -> Iterator[Leftover]:
        for path in sorted((self.root / "haze").iterdir()) if self.paired else ():
            if not (self.root / "clean" / path.name).exists():
                yield Leftover(path, "expected a clean image of the same name, found none")


def picture(seed: int, size: int = 96) -> np.ndarray:
    """Return something like a photograph, (size, size + 16, 3) uint8; seeds look different."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (6, 7, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (size + 16, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, pixels.transpose(2, 0, 1).astype(np.float32) / 255)


def add_pair(root: Path, name: str, seed: int) -> None:
    clean = picture(seed)
    save(root / "clean" / f"{name}.png", clean)
    save(root / "haze" / f"{name}.png", (clean * 0.5 + 110).astype(np.uint8))


def order(root: Path, **options) -> Order:
    layout = options.pop("layout", None) or DiskLayout(root)
    chosen = Order(
        layout=layout,
        layout_config={"type": "disk", "root": str(root)},
        root=root,
        weather={"haze": Haze()},
        weather_config={"haze": {"type": "haze"}},
        known={"haze": Haze()}.get,
        draws={"train": 2, "test": 1},
        shares=SHARES,
        checks=Checks(smallest_side=32),
        distance=4,
        storage="lmdb",
        seed=0,
        workers=0,
    )
    return replace(chosen, **options)


def records_of(folder: Path) -> list[Record]:
    return read_records(folder / "meta.jsonl")


def verify(folder: Path) -> None:
    with PixelStore(folder) as store:
        for record in records_of(folder):
            store.verify(record)
