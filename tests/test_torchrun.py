"""tools/train.py in two processes, as a launcher starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-W", "ignore", "tools/train.py", "configs/smoke.py"]


def launch(work_dir: Path, *options: str) -> list[tuple[int, str]]:
    """Train in two processes; return the exit code of each, and what it said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    command = [*COMMAND, "--work-dir", str(work_dir), *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": ROOT}
    started = [
        subprocess.Popen(
            command, env={**os.environ, "OMP_NUM_THREADS": "1", **variables, "RANK": rank}, **pipes
        )
        for rank in "01"
    ]
    said = [process.communicate()[0] for process in started]
    return [(process.returncode, text) for process, text in zip(started, said, strict=True)]


def test_batches_that_cannot_be_divided_are_refused_once(tmp_path):
    (code, said), other = launch(tmp_path, "--cfg-options", "dense.training.images_per_batch=3")
    assert code == 2
    assert said.count("error: dense.training.images_per_batch: expected a multiple of 2") == 1
    assert other == (0, "")
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_two_processes_train_dense_and_experts_and_one_of_them_reports(tmp_path):
    options = ["tools/train.py", "configs/smoke.py", "--work-dir", str(tmp_path), "--until", "experts.rain"]
    torchrun = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone"]
    said = output_of([*torchrun, "--nproc_per_node", "2", *options])
    for stage in ("data", "dense", "experts.rain"):
        assert said.count(f"{stage}: done in") == 1
        assert (tmp_path / stage / "manifest.json").is_file()
    assert not list(tmp_path.rglob("*.partial"))
    assert "nothing to do: all 3 stages are up to date" in output_of([sys.executable, *options])


def output_of(command: list[str]) -> str:
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=variables,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
