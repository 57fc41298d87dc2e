"""Seams are seen where there are some, and a network restoring by tiles leaves none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage import data
from tiny_run import EXPERTS, make_decider, make_run, make_runtime

from moei_toolkit.bench.seams import compare_with_whole, seam_ratio
from moei_toolkit.cli import PARTIAL
from moei_toolkit.commands import seams as command
from moei_toolkit.errors import DataError, StoreError
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.types import DENSE


def photograph() -> np.ndarray:
    return data.astronaut()[:400, :330] / np.float32(255)


def stepped(height: int) -> np.ndarray:
    """A photograph whose second tile is brighter from its first row on."""
    image = photograph()
    image[96:] += height / 100
    return image


def test_an_image_without_tiles_has_no_seams():
    assert seam_ratio(photograph(), photograph(), 128, 32) == 1
    assert seam_ratio(photograph() * 0.5, photograph(), 128, 32) == pytest.approx(1)


def test_a_step_at_a_border_is_seen_and_the_more_the_higher():
    ratios = [seam_ratio(stepped(height), photograph(), 128, 32) for height in (0, 5, 10, 20)]
    assert ratios == sorted(ratios)
    assert ratios[0] == 1
    assert ratios[-1] > 1.2


def test_a_step_away_from_the_borders_is_no_seam():
    image = photograph()
    image[50:] += 0.2
    assert seam_ratio(image, photograph(), 128, 32) < 1


def test_by_hand():
    ramp = np.repeat(np.arange(12.0)[:, None, None], 3, 2)
    step = ramp.copy()
    step[6:] += 1  # tiles of 8 begin at 0 and 4 and end at 8: borders before 4 and 8, of 11 steps
    assert seam_ratio(step, ramp, 8, 4) == pytest.approx(1 / ((8 + 2) / 9))
    step = ramp.copy()
    step[4:] += 1
    assert seam_ratio(step, ramp, 8, 4) == pytest.approx(1.5)


@pytest.mark.parametrize("route", [*EXPERTS, DENSE])
def test_a_network_restoring_by_tiles_leaves_none(route: str):
    image = photograph()
    runtime = make_runtime(protocol=Protocol(64, 64, 4, tile=128, overlap=32))
    g = runtime.describe(image)
    with torch.no_grad():
        planes = torch.from_numpy(image.transpose(2, 0, 1).copy()).unsqueeze(0)
        whole = runtime.network(route)(planes, torch.from_numpy(g))[0].clamp(0, 1).numpy().transpose(1, 2, 0)
    tiled = runtime.restore(image, route, g)
    assert np.abs(tiled - image).mean() > 0.01
    assert seam_ratio(tiled, whole, 128, 32, runtime.protocol.align) == pytest.approx(1, abs=0.02)


def test_guides_do_not_count():
    guides, plain = dict.fromkeys(EXPERTS, 32), Protocol(64, 64, 4, tile=128, overlap=32)
    without, with_guides = (
        compare_with_whole(make_runtime(protocol=protocol), make_decider(0, 1), photograph())
        for protocol in (plain, replace(plain, guides=guides))
    )
    assert without == with_guides


def test_what_cannot_be_compared_is_refused():
    image = photograph()
    with pytest.raises(ValueError, match="one shape"):
        seam_ratio(image, image[1:], 128, 32)
    with pytest.raises(ValueError, match="no borders inside"):
        seam_ratio(image, image, 512, 64)
    with pytest.raises(DataError, match="flat"):
        seam_ratio(image, image * 0, 128, 32)


def test_an_image_too_large_to_be_restored_whole_is_refused(monkeypatch):
    def short_of_memory(self: EagerRuntime, *arguments: object) -> np.ndarray:
        raise MemoryError("bad_alloc")

    monkeypatch.setattr(EagerRuntime, "restore_tiles", short_of_memory)
    with pytest.raises(DataError, match="not enough memory to restore it whole"):
        compare_with_whole(make_runtime(), make_decider(0, 1), photograph())


def test_the_command_tells_what_tiles_change(tmp_path: Path, capsys):
    pixels = (photograph()[:60, :75] * 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "photo.png"), pixels)
    run = make_run(tmp_path / "run")
    photo = str(tmp_path / "photo.png")
    assert command.main(["--run", str(run), photo, "--json", str(tmp_path / "seams.json")]) == 0
    found = json.loads((tmp_path / "seams.json").read_text())[photo]
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.split()[1:] == [
        found["route"],
        f"{found['psnr']:.1f}",
        f"{found['largest']:.4f}",
        f"{found['seams']:.4f}",
    ]
    assert 20 < found["psnr"] < 100
    assert found["largest"] > 0


def test_a_photograph_that_cannot_be_compared_does_not_cost_the_others(tmp_path: Path, capsys):
    cv2.imwrite(str(tmp_path / "photo.png"), (photograph()[:60, :75] * 255).astype(np.uint8))
    photos = [str(tmp_path / "gone.png"), str(tmp_path / "photo.png")]
    run = str(make_run(tmp_path / "run"))
    assert command.main(["--run", run, *photos]) == PARTIAL
    told = capsys.readouterr()
    assert told.out.splitlines()[-1].startswith(photos[1])
    assert told.err == f"error: {photos[0]}: no such file\n"
    with pytest.raises(StoreError, match="cannot write"):
        command.main(["--run", run, photos[1], "--json", str(tmp_path)])
    assert capsys.readouterr().out.splitlines()[-1].startswith(photos[1])


def test_the_command_refuses_a_photograph_that_is_one_tile(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(DataError, match=r"small\.png.*larger than a tile of 32, got 32x32"):
        command.main(["--run", str(make_run(tmp_path / "run")), str(tmp_path / "small.png")])
