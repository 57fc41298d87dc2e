"""A photograph restored in another precision says so, and is not taken for one restored as usual."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from moei_toolkit.commands.restore import main


def test_the_precision_of_tiles_is_recorded_and_another_one_is_another_work(exported, tmp_path):
    photo, result = tmp_path / "a.png", tmp_path / "b.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(photo)

    def restored(*options: str) -> dict:
        assert main([str(photo), "--run", str(exported.run), "-o", str(result), *options]) == 0
        return json.loads(result.with_name("b.png.json").read_text())

    usual = restored()
    half = restored("--precision", "bfloat16")
    assert (usual["precision"], half["precision"]) == ("float32", "bfloat16")
    assert usual["model"] != half["model"]
    assert restored("--precision", "bfloat16") == half  # the times, too: it was not done again
