"""The main job runs from data to report in one command, once, and survives being killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from moei_toolkit.commands.evaluate import main as evaluate
from moei_toolkit.commands.report import main as report
from moei_toolkit.errors import StoreError
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.inference.restorer import Restorer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
STAGES = ("data", "dense", "experts.rain", "experts.haze", "experts.snow")
STAGES += ("utilities", "router", "calibrate", "singles.rain", "singles.haze", "singles.snow", "dense_equal")
STAGES += ("measure", "evaluate", "report")


# Of the smoke config, for what is proved here does not depend on the network.
SLIM = ("--cfg-options", "backbone.width=8", "backbone.blocks=1")


def start(work_dir: Path, *options: str) -> subprocess.Popen[str]:
    job = ("tools/train.py", "configs/smoke.py", "--work-dir", str(work_dir), *SLIM)
    command = [sys.executable, "-W", "ignore", *job]
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen([*command, *options], cwd=ROOT, env=variables, text=True, **pipes)


def finish(work_dir: Path, *options: str) -> str:
    job = start(work_dir, *options)
    output = job.communicate()[0]
    assert job.returncode == 0, output
    return output


def kill_after(work_dir: Path, words: str, seconds: float) -> None:
    """Start the job and kill it some seconds after it has said something."""
    job = start(work_dir)
    assert job.stdout is not None
    said = []
    for line in job.stdout:
        said.append(line)
        if words in line:
            break
    else:
        pytest.fail("".join(said))
    time.sleep(seconds)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    assert job.returncode == -signal.SIGKILL


def rows_file(work_dir: Path) -> Path:
    return work_dir / "evaluate" / "per_image.jsonl"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run that was never interrupted, and what it said."""
    work_dir = tmp_path_factory.mktemp("whole")
    return work_dir, finish(work_dir)


def test_one_command_goes_from_data_to_report(whole):
    work_dir, output = whole
    for stage in STAGES:
        assert f"{stage}: done in" in output
        assert (work_dir / stage / "manifest.json").is_file()
    for words in (
        "PSNR, dB",
        "MoE-I over dense:",
        "MoE-I over dense-equal:",
        "objectives reached:",
        "oracle",
        "macro",
        "agreement",
        "ECE",
        "abstained",
        "report.html",
    ):
        assert words in output
    page = (work_dir / "report" / "report.html").read_text()
    assert "Smoke test" in page
    assert "<svg" in page
    results = json.loads((work_dir / "report" / "results.json").read_text())
    assert results["quality"]["weathers"].keys() == {"rain", "haze", "snow"}
    assert [one["id"] for one in results["objectives"]] == [f"O{number}" for number in range(1, 12)]
    assert not list((work_dir / "stages").rglob("checkpoints"))


def test_every_policy_is_judged_on_every_test_image(whole):
    rows = read_rows(rows_file(whole[0]))
    policies = {"input", "dense", "dense-equal", "top2", "actual", "oracle"}
    policies |= {f"{kind}.{weather}" for kind in ("expert", "single") for weather in ("rain", "haze", "snow")}
    images = {row.id for row in rows}
    assert {(row.id, row.policy) for row in rows} == {
        (name, policy) for name in images for policy in policies
    }
    assert len(rows) == len(images) * len(policies)


def test_a_second_run_does_nothing_and_says_so(whole):
    work_dir = whole[0]
    before = {path: path.stat().st_mtime_ns for path in (work_dir / "stages").rglob("*") if path.is_file()}
    output = finish(work_dir)
    assert f"nothing to do: all {len(STAGES)} stages are up to date" in output
    assert "PSNR, dB" in output
    after = {path: path.stat().st_mtime_ns for path in (work_dir / "stages").rglob("*") if path.is_file()}
    assert after == before


def test_another_beta_concerns_the_router_and_what_follows(whole):
    output = finish(whole[0], "--dry-run", "--cfg-options", "router.beta=31.5")
    runs = [line.partition(":")[0] for line in output.splitlines() if ": run (" in line]
    assert runs == ["router", "calibrate", "evaluate", "report"]


def test_a_finished_run_restores_a_photograph(whole):
    image = np.random.default_rng(0).integers(0, 256, (70, 150, 3), dtype=np.uint8)
    restoration = Restorer.from_run(whole[0]).restore(image)
    assert restoration.image.shape == image.shape
    assert restoration.decision.probabilities.keys() == {"rain", "haze", "snow"}


def test_a_finished_run_is_judged_on_other_data(whole, tmp_path, capsys):
    work_dir, out = whole[0], tmp_path / "elsewhere"
    assert evaluate(["--run", str(work_dir), "--data", str(work_dir / "data"), "-o", str(out)]) == 0
    assert "MoE-I over dense" in capsys.readouterr().out
    # Another number of threads adds up in another order.
    for here, there in zip(read_rows(out / "per_image.jsonl"), read_rows(rows_file(work_dir)), strict=True):
        assert (here.id, here.policy, here.cost) == (there.id, there.policy, there.cost)
        assert here.metrics == pytest.approx(there.metrics, rel=1e-4)
    results = json.loads((out / "results.json").read_text())
    other_data = next(one for one in results["objectives"] if one["id"] == "O10")
    assert other_data["verdict"] == "not measured"
    assert "of scenes the run has seen" in other_data["checks"][0]["measured"]
    with pytest.raises(StoreError, match="expected a new or empty folder"):
        evaluate(["--run", str(work_dir), "--data", str(work_dir / "data"), "-o", str(out)])


def test_a_finished_run_is_packed_and_verified(whole, tmp_path, capsys):
    artifact = tmp_path / "artifact.zip"
    assert report(["--run", str(whole[0]), "-o", str(artifact)]) == 0
    assert report(["--verify", str(artifact), "--against", str(whole[0])]) == 0
    assert (
        "ok: facts, results, objectives, tables and model card follow from the rows"
        in capsys.readouterr().out
    )


BENCH = '{"width": 160, "height": 96, "warm_ups": 0, "runs": 2, "blocks": 2, "max_noise": 1.0}'


def test_what_restoring_costs_is_measured_without_training_again(whole, tmp_path, capsys):
    output = finish(whole[0], "--cfg-options", f"bench={BENCH}")
    assert "computed bench, report;" in output
    folder = whole[0] / "report"
    objectives = {one["id"]: one for one in json.loads((folder / "objectives.json").read_text())}
    assert all(check["holds"] is not None for name in ("O1", "O7") for check in objectives[name]["checks"])
    assert "Measured cost" in (folder / "report.html").read_text()
    cost = json.loads((whole[0] / "bench" / "cost.json").read_text())
    assert [one["subject"] for one in cost["costs"]] == ["dense", "actual"]
    assert len((whole[0] / "bench" / "runs.jsonl").read_text().splitlines()) == 2 * 2 * 2
    artifact = tmp_path / "artifact.zip"
    assert report(["--run", str(whole[0]), "-o", str(artifact)]) == 0
    assert report(["--verify", str(artifact)]) == 0
    assert "ok: facts, results" in capsys.readouterr().out


def test_killed_and_run_again_it_ends_with_the_same_rows(whole, tmp_path):
    moments = random.Random()
    kill_after(tmp_path, "dense: 60%", 0)
    checkpoints = list(tmp_path.glob("stages/dense/*.partial/checkpoints/iteration_00000004.safetensors"))
    assert checkpoints
    kill_after(tmp_path, "dense: done in", moments.uniform(0, 3))
    finish(tmp_path)
    assert rows_file(tmp_path).read_bytes() == rows_file(whole[0]).read_bytes()
    assert not list((tmp_path / "stages").rglob("*.partial"))
