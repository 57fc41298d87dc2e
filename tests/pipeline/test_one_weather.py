"""A run of one weather and one expert goes from data to report, and can be packed and judged elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moei_toolkit.artifact.packing import pack_run
from moei_toolkit.artifact.verification import verify_artifact
from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.data.records import RECORDS_NAME, read_records
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.elsewhere import evaluate_elsewhere
from moei_toolkit.pipeline.main import run_main_job
from moei_toolkit.pipeline.measuring.utility_cache import load_familiar

SMOKE = Path(__file__).parents[2] / "configs" / "smoke.py"
TINY = {"iterations": 2, "crop_size": 32, "validate_every": 2, "images_per_batch": 2}
MIX = {"rain": 1.0, "clean": 1.0}


@pytest.mark.long
def test_a_run_of_one_weather_from_data_to_artifact(tmp_path: Path):
    raw = read_python_file(SMOKE)
    for name in ("tasks", "experts", "singles"):
        raw[name] = {"rain": raw[name]["rain"]}
    for one in (raw["dense"], raw["dense_equal"], raw["experts"]["rain"], raw["singles"]["rain"]):
        one["training"] = {**one["training"], **TINY, "mix": MIX}
    raw["data"]["layout"] |= {"size": 64, "longest_side": 64}
    raw["backbone"] = {"type": "global_unet", "width": 8}
    raw["evaluate"]["metrics"] = [{"type": "psnr"}]
    raw["utilities"] = {**raw["utilities"], "familiar": True}
    run = tmp_path / "run"
    run_main_job(validate_config({**raw, "work_dir": str(run)}, "test"), SilentReporter())

    policies = {row.policy for row in read_rows(run / "evaluate" / "per_image.jsonl")}
    assert policies == {"input", "dense", "dense-equal", "single.rain", "expert.rain", "actual", "oracle"}
    trained = [record for record in read_records(run / "data" / RECORDS_NAME) if record.split == "train"]
    familiar = load_familiar(run / "utilities")
    assert len(familiar.g) == sum(record.degradation == "rain" for record in trained) > 0
    assert set(familiar.degradations) == {"rain"}
    objectives = {one["id"]: one for one in json.loads((run / "report" / "objectives.json").read_text())}
    assert {objectives[name]["verdict"] for name in ("O4", "O8")} == {"not measured"}
    assert "There is one expert only: nothing was chosen." in (run / "report" / "report.md").read_text()
    pack_run(run, tmp_path / "artifact.zip")
    verify_artifact(tmp_path / "artifact.zip", None)
    results = evaluate_elsewhere(run, run / "data", "val", tmp_path / "out", SilentReporter())
    assert set(results["quality"]["weathers"]) == {"rain"}
