"""The scripts call the tools as they should; a pretended checkout notes how."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moei_toolkit.artifact.layout import SCRIPTS

ROOT = Path(__file__).parents[2]
RESULTS = {
    "quality": {"macro": {"dense": {"psnr": 20.0}, "actual": {"psnr": 21.5}}},
    "routing": {"agreement": 0.75, "fallback": {"overall": {"abstained": 0.1}}},
    "calibration": {"ece": 0.02},
}
PYTHON = f"""#!/bin/sh
# Notes its arguments; a training leaves results, and a program on standard input is run.
if [ "$1" = - ]; then exec "{sys.executable}" "$@"; fi
echo "$@" >> "$CALLS"
case "$*" in
    *train.py*--work-dir*)
        while [ "$1" != --work-dir ]; do shift; done
        mkdir -p "$2/stages/report"
        cp "$MADE/run.json" "$2"
        cp "$MADE/results.json" "$2/stages/report"
        ;;
esac
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that looks like a checkout to the scripts."""
    root = tmp_path / "check out"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    for tool in ("train.py", "report.py", "bench.py"):
        (root / "tools").mkdir(exist_ok=True)
        (root / "tools" / tool).touch()
    (root / "Makefile").write_text('setup:\n\t@echo setup >> "$(CALLS)"\n')
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    stages = {"report": {"folder": "stages/report", "fingerprint": "0"}}
    (tmp_path / "run.json").write_text(json.dumps({"config": {}, "stages": stages}))
    (tmp_path / "results.json").write_text(json.dumps(RESULTS))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("MADE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return root


def run(root: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", root / "scripts" / script, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def calls(root: Path) -> list[str]:
    return (root.parent / "calls").read_text().replace(f"{root}/", "").splitlines()


@pytest.mark.parametrize("script", SCRIPTS)
def test_help(script, tmp_path):
    done = run(ROOT, script, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: scripts/{script} ")


@pytest.mark.parametrize("script", ["reproduce_main.sh", "reproduce_ablations.sh"])
@pytest.mark.parametrize("arguments", [["--nonsense"], ["one.zip", "two.zip"]])
def test_wrong_usage(checkout, script, arguments):
    done = run(checkout, script, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage")
    assert not (checkout.parent / "calls").exists()


@pytest.mark.parametrize("script", SCRIPTS)
def test_without_a_checkout(script, unpacked):
    done = run(unpacked, script)
    assert done.returncode == 1
    assert "is no checkout of the toolkit" in done.stderr


def test_main_trains_packs_and_verifies(checkout):
    done = run(checkout, "reproduce_main.sh", "--work-dir", "my run", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert calls(checkout) == [
        "setup",
        "tools/train.py configs/moei_rain_haze_snow.py --work-dir my run --cfg-options seed=3",
        "tools/report.py --run my run",
        "tools/report.py --verify my run/artifact.zip",
    ]


def test_main_compares_with_an_artifact_that_was_verified_first(checkout):
    done = run(checkout, "reproduce_main.sh", "--work-dir", "run", "--config", "my.py", "old one.zip")
    assert done.returncode == 0, done.stderr
    assert calls(checkout) == [
        "setup",
        "tools/report.py --verify old one.zip",
        "tools/train.py my.py --work-dir run",
        "tools/report.py --run run",
        "tools/report.py --verify run/artifact.zip --against old one.zip",
    ]


def test_main_takes_a_fresh_folder(checkout):
    assert run(checkout, "reproduce_main.sh").returncode == 0
    (folder,) = (checkout / "work_dirs" / "reproduce_main").iterdir()
    assert (folder / "run.json").exists()


def test_main_stops_where_a_step_fails(checkout):
    (checkout / ".venv/bin/python").write_text('#!/bin/sh\necho "$@" >> "$CALLS"\nexit 5\n')
    done = run(checkout, "reproduce_main.sh", "--work-dir", "run")
    assert done.returncode == 5
    assert len(calls(checkout)) == 2


def test_cost_counts_measures_and_compares(checkout):
    done = run(checkout, "reproduce_cost.sh", "--out", "costs", "--quick", "a_run")
    assert done.returncode == 0, done.stderr
    assert calls(checkout) == [
        "setup",
        "tools/cost.py --run a_run --json costs/counts.json",
        "tools/bench.py --run a_run -o costs/bench --quick",
        "tools/budgets.py --run a_run -o costs/budgets",
        "tools/scaling.py --run a_run -o costs/scaling --quick",
        "tools/speed.py --json costs/speed.json --quick",
    ]
    assert run(checkout, "reproduce_cost.sh").returncode == 2
    assert run(checkout, "reproduce_cost.sh", "--fast", "a_run").returncode == 2


def test_ablations_change_one_factor_at_a_time_over_one_store(checkout):
    done = run(checkout, "reproduce_ablations.sh", "--out", "out", "--seed", "3")
    assert done.returncode == 0, done.stderr
    common = (
        "tools/train.py configs/moei_rain_haze_snow.py --work-dir out/{} --cfg-options store=out/store seed=3"
    )
    reduced = "experts.{}.expert.reduction=0.03125"
    changes = {
        "as_it_is": "",
        "beta_50": " router.beta=50.0",
        "beta_80": " router.beta=80.0",
        "alpha_0": " router.alpha=0.0",
        "alpha_0.1": " router.alpha=0.1",
        "max_abstention_0": " calibrate.max_abstention=0.0",
        "reduction_1_32": "".join(f" {reduced.format(name)}" for name in ("rain", "haze", "snow"))
        + " dense_equal.expert.reduction=0.03125",
    }
    assert calls(checkout) == ["setup", *(common.format(name) + change for name, change in changes.items())]
    table = (Path("out") / "ablations.csv").read_text().splitlines()
    header = "run,psnr_input,psnr_dense,psnr_dense-equal,psnr_actual,psnr_oracle,agreement,ece,abstained"
    assert table == [header, *(f"{name},,20.000,,21.500,,0.7500,0.0200,0.1000" for name in changes)]
    assert table[0] in done.stdout
