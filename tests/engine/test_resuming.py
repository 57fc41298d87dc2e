"""A training that is interrupted and goes on ends exactly where one ends that never was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import tiny_training
import torch
from mmengine.optim import OptimWrapper
from tiny_training import LAST, checkpoint, train_dense

from moei_toolkit.engine.checkpoint import list_checkpoints
from moei_toolkit.errors import CheckpointError


class InterruptionError(Exception):
    pass


def stop_at(iteration: int):
    def progress(done: int, loss: float | None) -> None:
        if done == iteration:
            raise InterruptionError

    return progress


@dataclass(frozen=True)
class Trained:
    """A training that was never interrupted."""

    folder: Path
    average: Mapping[str, torch.Tensor]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("whole")
    return Trained(folder, train_dense(folder).state_dict())


def interrupt(folder: Path, iteration: int) -> None:
    with pytest.raises(InterruptionError):
        train_dense(folder, progress=stop_at(iteration))


def resume(folder: Path, whole: Trained) -> tuple[int, list[str]]:
    """Train to the end, compare, and return the iteration it went on from and the warnings."""
    seen: list[int] = []
    warnings: list[str] = []
    average = train_dense(folder, progress=lambda done, loss: seen.append(done), warning=warnings.append)
    assert checkpoint(folder) == checkpoint(whole.folder)
    torch.testing.assert_close(average.state_dict(), whole.average, rtol=0, atol=0)
    assert names(folder) == [LAST]
    return seen[0], warnings


def names(folder: Path) -> list[str]:
    return [path.stem for path in list_checkpoints(folder / "checkpoints")]


@pytest.mark.parametrize("iteration", [5, 8])
def test_4_and_4_iterations_equal_8_bit_for_bit(tmp_path, whole, iteration):
    interrupt(tmp_path, iteration)
    assert names(tmp_path) == ["iteration_00000004"]
    assert resume(tmp_path, whole) == (4, [])


class Scaled(OptimWrapper):
    """Scales the loss as float16 does, which mmengine's own wrapper refuses to do without a GPU."""

    def __init__(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        super().__init__(optimizer)
        self.loss_scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=3)

    def backward(self, loss: torch.Tensor, **_: object) -> None:
        self.loss_scaler.scale(loss).backward()

    def step(self, **_: object) -> None:
        self.loss_scaler.step(self.optimizer)
        self.loss_scaler.update()


def test_the_loss_scale_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr("moei_toolkit.engine.train.wrap_optimizer", Scaled)
    train_dense(tmp_path / "whole")
    interrupt(tmp_path / "parts", 5)
    train_dense(tmp_path / "parts")
    assert checkpoint(tmp_path / "parts") == checkpoint(tmp_path / "whole")
    info = json.loads(checkpoint(tmp_path / "whole")[1])["info"]
    assert (info["loss_scaler"]["scale"], info["loss_scaler"]["_growth_tracker"]) == (16.0, 2)


def test_something_was_learnt(whole):
    fresh = tiny_training.make_backbone().state_dict()
    assert fresh.keys() == whole.average.keys()
    assert sum(not torch.equal(fresh[name], value) for name, value in whole.average.items()) > 20


def test_a_finished_training_does_nothing_more(tmp_path, whole):
    train_dense(tmp_path)
    before = (tmp_path / "checkpoints" / f"{LAST}.safetensors").stat().st_mtime_ns
    assert resume(tmp_path, whole) == (8, [])
    assert (tmp_path / "checkpoints" / f"{LAST}.safetensors").stat().st_mtime_ns == before


def test_a_damaged_checkpoint_is_passed_over_with_a_warning(tmp_path, whole):
    interrupt(tmp_path, 5)
    newest = tmp_path / "checkpoints" / "iteration_00000006"
    data, description = checkpoint(tmp_path, "iteration_00000004")
    newest.with_suffix(".json").write_bytes(description)
    newest.with_suffix(".safetensors").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    start, (warning,) = resume(tmp_path, whole)
    assert start == 4
    assert "passed over" in warning
    assert str(newest.with_suffix(".safetensors")) in warning


@pytest.mark.parametrize("spoil", ["truncate", "no description"])
def test_without_any_whole_checkpoint_it_starts_over(tmp_path, whole, spoil):
    interrupt(tmp_path, 5)
    path = tmp_path / "checkpoints" / "iteration_00000004.safetensors"
    if spoil == "truncate":
        path.write_bytes(path.read_bytes()[:1000])
    else:
        path.with_suffix(".json").unlink()
    start, warnings = resume(tmp_path, whole)
    assert start == 0
    assert len(warnings) == 1


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    interrupt(tmp_path, 5)
    with pytest.raises(CheckpointError, match=r"iteration_00000004.*does not belong to this training"):
        train_dense(tmp_path, tasks=3)
    assert names(tmp_path) == ["iteration_00000004"]


def test_killed_at_any_change_to_the_file_system(tmp_path):
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-W", "ignore", tiny_training.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 0, done.stderr
    assert "WRONG" not in done.stdout
    assert int(done.stdout.rpartition("POINTS")[2]) > 8
