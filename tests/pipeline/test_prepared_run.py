"""Prepared sets go through the whole chain, and so does the recipe at full scale, in miniature."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import cv2
import numpy as np
import pytest

from moei_toolkit.commands import prepare_data
from moei_toolkit.commands import train as training
from moei_toolkit.data.records import read_records
from moei_toolkit.errors import DataError
from moei_toolkit.io.images.writing import write_image

pytestmark = pytest.mark.slow

RECIPE = str(Path(__file__).parents[2] / "configs" / "moei_uhd.py")
SCENES = 9
WEATHERS = ("rain", "haze", "snow")
TRAINED = (
    "dense",
    "dense_equal",
    *(f"{kind}.{name}" for kind in ("experts", "singles") for name in WEATHERS),
)
TINY = {"iterations": 2, "warmup": 1, "crop_size": 48, "images_per_batch": 2, "precision": "float32"}
SMALL = (
    *("backbone.width=32", "backbone.depths=[1,1,1,1]", "backbone.mixer_blocks=1", "backbone.region=64"),
    *(f"{section}.training.{key}={value}" for section in TRAINED for key, value in TINY.items()),
    "views.overview_size=48",
    "views.probe_size=48",
    "views.probes=2",
    "inference.tile=128",
    "inference.overlap=16",
    "router.iterations=5",
)  # fmt: skip


def said_by(main: Callable[[Sequence[str]], int], *arguments: str) -> str:
    """Run a command in this process: importing what the recipe needs takes longer than most of it does."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        assert main(arguments) == 0, said.getvalue()
    return said.getvalue()


def train(work_dir: Path, *options: str) -> str:
    return said_by(training.main, RECIPE, "--work-dir", str(work_dir), *options, "--cfg-options", *SMALL)


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (7, 8, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (144, 128), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 8, smooth.shape), 0, 255)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, pixels.transpose(2, 0, 1).astype(np.float32) / 255)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8KDehaze, UHD-Rain and UHD-Snow in miniature."""
    base = tmp_path_factory.mktemp("published")
    for number in range(SCENES):
        clean = picture(number)
        name = f"16s14e09_c{number:02}y15_0.png"
        save(base / "8KDehaze" / "clear" / name, clean)
        for level in range(1, 5):
            save(base / "8KDehaze" / f"cloud_L{level}" / name, clean + (235 - clean) * 0.15 * level)
        for first, weather in ((100, "UHD-Rain"), (200, "UHD-Snow")):
            part = "testing_set" if number >= SCENES - 2 else "training_set"
            clean = picture(first + number)
            noise = np.random.default_rng(number).random(clean.shape[:2])[..., None]
            spots = cv2.blur((noise > 0.97).astype(np.float32), (1, 7) if first == 100 else (3, 3))[..., None]
            save(base / weather / part / "gt" / f"{number}.jpg", clean)
            save(
                base / weather / part / "input" / f"{number}.jpg",
                clean + (230 - clean) * np.minimum(3 * spots, 1),
            )
    return base


@pytest.fixture(scope="module")
def prepared(published: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    base = tmp_path_factory.mktemp("prepared")
    sets = {"dehaze8k": "8KDehaze", "uhd_rain": "UHD-Rain", "uhd_snow": "UHD-Snow"}
    for layout, folder in sets.items():
        said = prepare(layout, published / folder, base / layout)
        assert f"of {SCENES} scenes" in said
        assert (base / layout / "report.html").is_file()
    return [base / layout for layout in sets]


def prepare(layout: str, root: Path, out: Path, *options: str) -> str:
    return said_by(
        prepare_data.main,
        *("--layout", layout, "--root", str(root), "--out", str(out), "--workers", "1", "--cfg-options"),
        *("shares.train=0.3", "shares.calibrate=0.3", "shares.route=0.2", *options),
    )


def given(prepared: list[Path]) -> str:
    return f"data.prepared={[str(path) for path in prepared]}"


@pytest.mark.long
def test_the_recipe_at_full_scale_in_miniature(prepared: list[Path], tmp_path: Path) -> None:
    run, options = tmp_path / "run", ("--until", "evaluate", "--cfg-options", given(prepared))
    said = train(run, *options)
    assert "evaluate: done" in said
    records = read_records(run / "data" / "meta.jsonl")
    assert {record.degradation for record in records} == {"rain", "haze", "snow", "clean"}
    assert not (run / "data" / "pairs.lmdb").exists()
    rows = [json.loads(line) for line in (run / "evaluate" / "per_image.jsonl").read_text().splitlines()]
    tested = {record.id for record in records if record.split == "test"}
    assert {row["id"] for row in rows} == tested
    again = train(run, "--dry-run", *options)
    assert "data: reuse" in again
    assert "evaluate: reuse" in again


def test_the_full_scale_recipe_says_what_it_would_do_without_its_data(tmp_path: Path) -> None:
    said = train(tmp_path, "--dry-run")
    assert "data: run (new)" in said
    assert "bench: run (new)" in said


def test_data_that_are_not_prepared_are_asked_for_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = r"data/prepared/8kdehaze: expected a prepared set.*tools/prepare_data\.py"
    with pytest.raises(DataError, match=asked) as refused:
        train(tmp_path / "run")
    assert refused.value.exit_code == 3


def test_a_set_that_was_prepared_anew_is_another_input(
    published: Path, prepared: list[Path], tmp_path: Path
) -> None:
    run, options = tmp_path / "run", ("--until", "data", "--cfg-options", given(prepared))
    train(run, *options)
    root = published / "8KDehaze"
    prepare("dehaze8k", root, prepared[0])
    assert "data: reuse" in train(run, "--dry-run", *options)
    lost = root / "cloud_L2" / "16s14e09_c03y15_0.png"
    pixels = lost.read_bytes()
    lost.unlink()
    prepare("dehaze8k", root, prepared[0])
    assert "data: run" in train(run, "--dry-run", *options)
    lost.write_bytes(pixels)
    prepare("dehaze8k", root, prepared[0])
