"""What the three commands about cost print and leave, of measurements that are made up."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from config_example import minimal
from measurements import measured

from moei_toolkit.bench.measuring.race import Measurements
from moei_toolkit.bench.measuring.subject import Model, Size, Subject
from moei_toolkit.commands import bench, budgets, scaling
from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.model import Architecture
from moei_toolkit.errors import BenchError

CONFIG = validate_config(minimal(backbone={"type": "global_unet", "width": 24}), "test")


@pytest.fixture
def noise(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """How much runs differ; a dense network of 24 channels takes a second, a wider one more."""
    settings = SimpleNamespace(share=0.0)

    def measure(
        model: Model, subjects: list[Subject], size: Size, *rest: object, **more: object
    ) -> Measurements:
        latencies, peaks = {}, {}
        for number, subject in enumerate(subjects):
            seconds = subject.backbone.get("width", 24) / 24 + 0.001 * number
            shaken = [seconds, seconds * (1 + settings.share * number), seconds]
            latencies[subject.name] = [shaken, shaken]
            peaks[subject.name] = [10**9 + number] * 2
        return measured(latencies, peaks)

    for module in ("measuring.race", "scaling.studies"):
        monkeypatch.setattr(f"moei_toolkit.bench.{module}.measure", measure)
    monkeypatch.setattr(
        "moei_toolkit.bench.measuring.models.model_in",
        lambda *_: Model(CONFIG.model_dump(), {"dense_equal": "x"}),
    )
    parts = SimpleNamespace(
        architecture=CONFIG, policies=["dense-equal"], experts=["any"], require_policy=lambda policy: None
    )
    monkeypatch.setattr("moei_toolkit.inference.loading.trained.parts_in", lambda *_: parts)
    return settings


class TestBench:
    def test_leaves_three_files_that_say_how_it_was_measured(self, noise, tmp_path: Path, capsys):
        assert bench.main(["--run", "mine", "--quick", "-o", str(tmp_path)]) == 0
        said = capsys.readouterr().out
        assert "actual / dense: latency 1.001 (noise 0.0%), memory 1.000" in said
        assert "quick: fewer runs than the protocol asks for" in said
        record = json.loads((tmp_path / "cost.json").read_text())
        assert record["quick"] is True
        assert [cost["subject"] for cost in record["costs"]] == ["dense", "actual"]
        assert record["protocol"]["tile"] == CONFIG.inference.tile
        assert record["precisions"] == {"dense": "float32", "actual": "float32"}
        assert record["routes"]["dense"] == "dense"
        runs = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
        assert len(runs) == 12
        assert all(run["quick"] for run in runs)
        with (tmp_path / "costs.csv").open() as file:
            assert [(line["subject"], line["quick"]) for line in csv.DictReader(file)] == [
                ("dense", "True"),
                ("actual", "True"),
            ]

    def test_compares_nothing_that_is_too_noisy(self, noise, tmp_path: Path, capsys):
        noise.share = 0.3
        with pytest.raises(BenchError, match=r"spreads by .*expected at most 5%") as refused:
            bench.main(["--run", "mine", "-o", str(tmp_path)])
        assert refused.value.exit_code == 8
        assert "latency not compared" in capsys.readouterr().out
        assert (tmp_path / "cost.json").is_file()
        assert bench.main(["--run", "mine", "--allow-noise"]) == 0
        assert "not compared" not in capsys.readouterr().out

    def test_subjects_are_named_by_what_differs(self, capsys, monkeypatch):
        parts = SimpleNamespace(require_policy=lambda policy: None)
        monkeypatch.setattr("moei_toolkit.inference.loading.trained.parts_in", lambda *_: parts)
        options = ["--run", "mine", "--policies", "dense", "--runtimes", "eager", "openvino", "--dry-run"]
        assert bench.main([*options, "--precisions", "float32", "bfloat16"]) == 0
        assert capsys.readouterr().out.splitlines()[1:] == [
            f"  dense ({runtime}, {precision})"
            for runtime in ("eager", "openvino")
            for precision in ("float32", "bfloat16")
        ]

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--warm-ups", "-1"], "0 warm-ups or more"),
            (["--policies", "dense", "dense", "--dry-run"], "different names, got dense, dense"),
            (["--usual", "--device", "cuda"], "dense \\(usual tiler\\): .* on the processor, not on cuda"),
            (
                ["--runtimes", "openvino", "--policies", "top2"],
                "top2: expected 'dense' or 'actual', got 'top2'",
            ),
        ],
    )
    def test_the_command_refuses_what_cannot_be_measured(self, tmp_path: Path, options: list[str], said: str):
        with pytest.raises(BenchError, match=said):
            bench.main(["--run", str(tmp_path), *options])


def test_budgets_says_what_was_tried(noise, tmp_path: Path, capsys):
    assert budgets.main(["--run", "mine", "-o", str(tmp_path), "--runs", "4"]) == 0
    assert "dense-equal" in capsys.readouterr().out
    record = json.loads((tmp_path / "budgets.json").read_text())
    assert record["plan"] == {"warm_ups": 1, "runs": 4, "blocks": 1}
    wider = [pair for pair in record["pairs"] if pair["width"] is not None]
    assert [pair["budget"] for pair in wider] == [["latency"], ["memory"]]
    assert wider[0]["width"] == 24
    assert float(wider[0]["tried"]["36"]) == pytest.approx(1.5, abs=0.01)
    assert (tmp_path / f"dense_width_{wider[1]['width']}.py").is_file()


def test_budgets_of_a_trained_model_have_no_config_to_train_others_by(noise, tmp_path: Path, monkeypatch):
    parts = SimpleNamespace(architecture=Architecture.of(CONFIG), policies=[], experts=["any"])
    monkeypatch.setattr("moei_toolkit.inference.loading.trained.parts_in", lambda *_: parts)
    assert budgets.main(["--model", "moei-tiny", "-o", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["budgets.json"]


def test_scaling_takes_no_more_threads_than_there_are_cores(noise, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("moei_toolkit.io.processors.usable_cores", lambda: 4)
    assert scaling.main(["--run", "mine", "-o", str(tmp_path), "--only", "threads"]) == 0
    points = json.loads((tmp_path / "threads.json").read_text())["points"]
    assert [point["value"] for point in points] == [1, 2, 4]


def test_scaling_says_how_far_values_are_apart_and_how_sure_that_is(noise, tmp_path: Path, capsys):
    noise.share = 0.1
    assert scaling.main(["--run", "mine", "-o", str(tmp_path), "--only", "experts", "size", "--quick"]) == 0
    said = capsys.readouterr().out
    records = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("experts", "size")]
    assert [record["plan"]["runs"] for record in records] == [3, 3]
    points = {
        (point["study"], point["value"]): point["over_first"]
        for record in records
        for point in record["points"]
    }
    assert points["experts", 1] is points["size", 1] is points["size", 8] is None
    ratio = points["experts", 64]
    assert (ratio["first"], ratio["second"]) == ("64", "1")
    assert f"{ratio['latency']:.3f}" in said
    assert f"{ratio['noise']:.1%}" in said
    assert {path.name for path in tmp_path.glob("*.svg")} == {"experts.svg", "size.svg"}
