"""Photographs to restore, and somebody to tell about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


class Quiet:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def info(self, text: str) -> None:
        self.told.append(text)

    def progress(self, total: float, what: str) -> Quiet:
        return self

    def advance(self, amount: float = 1, text: str = "") -> None:
        pass

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def picture(path: Path, size: tuple[int, int] = (20, 30), mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (*size, len(mode)), dtype=np.uint8)
    Image.fromarray(pixels.squeeze(), mode).save(path)
    return path
