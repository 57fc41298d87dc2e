from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from toy_layout import ToyLayout

from moei_toolkit.data.preparation.synthesis import synthesise
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.snow import Snow


@pytest.fixture
def photo() -> tuple[np.ndarray, np.ndarray]:
    """A small picture with structure and a depth ramp."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:96, :128] / 128
    base = 0.35 + 0.25 * np.sin(9 * rows) * np.cos(7 * columns)
    clean = np.stack([base, base * 0.9, base * 0.7], axis=2) + rng.uniform(0, 0.05, (96, 128, 3))
    depth = np.linspace(1, 0.05, 96)[:, None] + np.zeros((1, 128))
    return clean.astype(np.float32), depth.astype(np.float32)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    tasks = {"haze": Haze(), "snow": Snow()}
    records = synthesise(ToyLayout(), tasks, {"train": 2}, 5, folder, lambda done, total: None, workers=0)
    return folder, records


@pytest.fixture
def store(prepared) -> Iterator[PixelStore]:
    with PixelStore(prepared[0]) as opened:
        yield opened
