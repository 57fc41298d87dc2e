"""The picture at the top of the README is drawn from a prepared set and the model of the toolkit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from moei_toolkit.commands.prepare_data import main as prepare

SCRIPT = Path(__file__).parents[2] / "scripts" / "before_after.py"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("before_after")
    (folder / "photos").mkdir()
    ramp = np.linspace(40, 200, 520).astype(np.uint8)
    photo = np.stack(
        [np.tile(ramp, (300, 1)), np.full((300, 520), 90, np.uint8), np.tile(ramp[::-1], (300, 1))], 2
    )
    Image.fromarray(photo).save(folder / "photos" / "hill.png")
    config = folder / "hill.py"
    config.write_text(
        f"layout = dict(type='clean_photos', root={str(folder / 'photos')!r})\n"
        "weather = dict(snow=dict(type='snow'))\ndraws = dict(test=1)\nshares = dict(test=1.0)\n"
    )
    assert prepare([str(config), "--out", str(folder / "set")]) == 0
    return folder / "set"


def draw(data, out, *ids):
    command = [sys.executable, str(SCRIPT), "--data", str(data), "-o", str(out), "--show", *ids]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_column_holds_the_photograph_before_and_after_and_the_middle_of_both(prepared, tmp_path):
    done = draw(prepared, tmp_path / "picture.jpg", "hill-snow-0", "hill")
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["hill-snow-0", "hill"]
    picture = np.asarray(Image.open(tmp_path / "picture.jpg"), np.float32)
    rows, columns = 270 + 2 * 8, 480 + 2 * 8
    assert picture.shape == (4 * rows, 2 * columns, 3)
    snowy, clean = picture[:, :columns], picture[:, columns:]
    assert np.abs(snowy[:rows] - clean[:rows]).mean() > 2  # before: snow, and none
    part = clean[2 * rows + 8 : 3 * rows - 8, 8:-8]
    middle = np.asarray(Image.open(prepared.parent / "photos" / "hill.png"), np.float32)[15:285, 20:500]
    assert np.abs(part - middle).mean() < 3  # at its own size
    assert np.abs(snowy[: 2 * rows] - snowy[2 * rows :]).mean() > 2


def test_an_image_that_the_set_lacks_is_named_with_the_nearest(prepared, tmp_path):
    done = draw(prepared, tmp_path / "picture.jpg", "hill", "hill-snow-1")
    assert done.returncode == 3
    assert done.stdout == "", "nothing is restored in vain"
    assert "'hill-snow-1'" in done.stderr
    assert "'hill-snow-0'" in done.stderr
    assert not (tmp_path / "picture.jpg").exists()
