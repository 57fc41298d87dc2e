"""Rows measured by workers are those that one process measures, in the same order."""

from __future__ import annotations

from pathlib import Path

import pytest
from strange_data import prepare
from tiny_artifact import make_finished_run

from moei_toolkit.commands.evaluate import main
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.inference.machine.devices import using_threads
from moei_toolkit.pipeline.measuring.measuring import Measuring
from moei_toolkit.types import ACTUAL, TOP2


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    return make_finished_run(folder, utilities={"error": "l1", "normalize": False})


def evaluate(run: Path, data: Path, out: Path, *options: str) -> bytes:
    with using_threads(1):
        assert main(["--run", str(run), "--data", str(data), "-o", str(out), *options]) == 0
    return (out / "per_image.jsonl").read_bytes()


def test_the_rows_are_the_same_and_workers_mix_top2_too(run, tmp_path, workers, monkeypatch):
    data = prepare(tmp_path / "data")
    alone = evaluate(run, data, tmp_path / "alone")
    assert {row.policy for row in read_rows(tmp_path / "alone" / "per_image.jsonl")} > {TOP2, ACTUAL}
    monkeypatch.setattr(Measuring, "along", None)  # it is not for this process
    assert evaluate(run, data, tmp_path / "out", "--ray", "--ray-workers", "2") == alone


@pytest.mark.long
def test_an_image_that_cannot_be_read_stops_it_and_leaves_nothing(run, tmp_path, workers):
    data = prepare(tmp_path / "data")
    records = (data / "meta.jsonl").read_text()
    (data / "meta.jsonl").write_text(records.replace("#b-sand", "#nowhere"))
    with pytest.raises(DataError, match="b-sand"):
        evaluate(run, data, tmp_path / "out", "--ray")
    assert not (tmp_path / "out").exists()
