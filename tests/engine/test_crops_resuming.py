"""With the real crops and their random augmentation, 4 + 4 iterations equal 8 as well."""

from __future__ import annotations

import pytest
from tiny_training import checkpoint, train_dense
from toy_layout import ToyLayout

from moei_toolkit.data.crops import CropDataset
from moei_toolkit.data.preparation.synthesis import synthesise
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.snow import Snow


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("prepared")
    tasks = {"haze": Haze(), "snow": Snow()}
    records = synthesise(ToyLayout(), tasks, {"train": 2}, 5, folder, lambda done, total: None, workers=0)
    mix = {"haze": 1.0, "snow": 1.0, "clean": 0.5}
    with PixelStore(folder) as store:
        yield lambda: CropDataset(store, records, mix, 16, 2, 24, seed=1)


def test_4_and_4_iterations_equal_8_bit_for_bit(tmp_path, crops):
    def stop(done: int, loss: float | None) -> None:
        if done == 6:
            raise KeyboardInterrupt

    train_dense(tmp_path / "whole", crops(), tasks=3, iterations=8)
    with pytest.raises(KeyboardInterrupt):
        train_dense(tmp_path / "parts", crops(), progress=stop, tasks=3, iterations=8)
    train_dense(tmp_path / "parts", crops(), tasks=3, iterations=8)
    assert checkpoint(tmp_path / "parts") == checkpoint(tmp_path / "whole")
