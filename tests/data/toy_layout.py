from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from moei_toolkit.data.layouts.base import Layout, Scene


def noisy_scene(name: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(list(name.encode()))
    pixels = rng.integers(0, 180, (40, 56, 3), dtype=np.uint8)
    depth = np.linspace(1, 0.2, 40, dtype=np.float32)[:, None] + np.zeros((1, 56), np.float32)
    return pixels, depth


class ToyLayout(Layout):
    def __init__(self, names: tuple[str, ...] = ("one", "two", "three")) -> None:
        self.names = names

    def scenes(self, seed: int) -> Iterator[Scene]:
        for name in self.names:
            yield Scene(name, "train", "toy", name, "generated", partial(noisy_scene, name))
