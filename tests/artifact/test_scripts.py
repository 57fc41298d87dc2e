"""The scripts call the tools as they should; a pretended checkout notes how."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from moei_toolkit.artifact.layout import SCRIPTS

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
# Notes its arguments; a training leaves the record of a run.
echo "$@" >> "$CALLS"
case "$*" in
    *train.py*--work-dir*)
        while [ "$1" != --work-dir ]; do shift; done
        mkdir -p "$2"
        cp "$MADE/run.json" "$2"
        ;;
esac
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that looks like a checkout to the scripts."""
    root = tmp_path / "check out"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    for tool in ("train.py", "report.py", "bench.py", "tune.py"):
        (root / "tools").mkdir(exist_ok=True)
        (root / "tools" / tool).touch()
    (root / "Makefile").write_text('setup:\n\t@echo setup >> "$(CALLS)"\n')
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    (tmp_path / "run.json").touch()
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
    Path("a_run").mkdir()
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "usage: "),
        (("--fast", "a_run"), "usage: "),
        (("a_run", "another"), "usage: "),
        (("gone",), "error: gone is no folder of a run"),
    ],
)
def test_cost_refuses_what_is_not_one_run_before_anything_is_measured(checkout, arguments, said):
    for name in ("a_run", "another"):
        Path(name).mkdir()
    done = run(checkout, "reproduce_cost.sh", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert not Path("calls").exists()


@pytest.mark.parametrize("ends_with", [0, 10])
def test_ablations_search_on_the_store_of_a_run_and_judge_it(checkout, ends_with):
    python = checkout / ".venv/bin/python"
    python.write_text(f'{PYTHON}\ncase "$*" in *tune.py*) exit {ends_with} ;; esac\n')
    done = run(checkout, "reproduce_ablations.sh", "--out", "out", "--seed", "3")
    assert done.returncode == 0, done.stderr
    common = "configs/moei_rain_haze_snow.py --cfg-options store=out/store seed=3"
    assert calls(checkout) == [
        "setup",
        f"tools/train.py {common} --work-dir out/run",
        f"tools/tune.py {common} --space ablations --work-dir out/ablations",
        f"tools/train.py {common} studies.ablations=out/ablations/ablations.json --work-dir out/run",
    ]


def test_ablations_without_any_result_end_the_script(checkout):
    python = checkout / ".venv/bin/python"
    python.write_text(f'{PYTHON}\ncase "$*" in *tune.py*) exit 1 ;; esac\n')
    assert run(checkout, "reproduce_ablations.sh", "--out", "out").returncode == 1
    assert len(calls(checkout)) == 3
