"""Checkpoints that survive kill -9: written beside, read back, and only then is the old one deleted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import Hook
from torch import Tensor, nn

from moei_toolkit.engine.process_group import ProcessGroup
from moei_toolkit.engine.state import collect_state, restore_state
from moei_toolkit.errors import CheckpointError
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.weights import load_weights, save_weights

CHECKPOINTS = "checkpoints"
"""Where a training keeps its checkpoints, inside its own folder."""

_NAME = re.compile(r"iteration_(\d+)\.safetensors")


class CheckpointHook(Hook):
    """Saves the whole training state every few iterations and picks the newest valid one up at the start.

    What is saved: the trained modules, their moving average, the optimizer, the learning rate schedule, the
    loss scale of float16, the random number generators, and the position in the data. 4 + 4 iterations equal
    8, bit for bit. The leader of a group writes and chooses; what it has chosen, all go on from.

    Args:
        folder: Where checkpoints live; made when missing.
        modules: The modules that training changes, by name.
        every: Iterations between checkpoints; one more is written at the end.
        seek: Called with the iteration to resume from, so that the data starts there.
        warn: Called with one sentence for every checkpoint that had to be passed over.
        group: Who trains.
    """

    priority = "VERY_LOW"

    def __init__(
        self,
        folder: Path,
        modules: Mapping[str, nn.Module],
        every: int,
        seek: Callable[[int], None],
        warn: Callable[[str], None],
        group: ProcessGroup,
    ) -> None:
        self.folder = folder
        self.modules = dict(modules)
        self.every = every
        self.seek = seek
        self.warn = warn
        self.group = group

    def before_train(self, runner: Any) -> None:
        """Resume from the newest checkpoint that can be read, if there is one."""
        found = self.group.from_leader(self._find() if self.group.leads else None)
        if found is not None:
            self._resume(runner, *found)

    def _find(self) -> tuple[Path, dict[str, Tensor], dict[str, Any]] | None:
        for path in reversed(list_checkpoints(self.folder)):
            try:
                return path, *load_weights(path)
            except CheckpointError as error:
                self.warn(f"passed over a damaged checkpoint: {error}")
        return None

    def _resume(self, runner: Any, path: Path, tensors: Mapping[str, Any], info: Mapping[str, Any]) -> None:
        try:
            restore_state(self.modules, runner.optim_wrapper.optimizer, tensors, info["state"])
            if self.group.size > 1 and "rng.cuda.0" in tensors:
                # Each process has a GPU of its own, and draws on it what the leader draws on the first.
                torch.cuda.set_rng_state(tensors["rng.cuda.0"])
            for scheduler, saved in zip(runner.param_schedulers, info["schedulers"], strict=True):
                scheduler.load_state_dict(saved)
            if scaler := _loss_scaler(runner):
                scaler.load_state_dict(info["loss_scaler"])
            iteration = int(info["iteration"])
        except (KeyError, RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise CheckpointError(
                f"{path} does not belong to this training, or its description is damaged: "
                f"{type(error).__name__}: {error}. Delete {self.folder} to start over."
            ) from error
        runner.train_loop.iter = iteration
        self.seek(iteration)

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Mapping[str, Any] | None = None
    ) -> None:
        """Save after every ``every``-th iteration and after the last."""
        done = batch_idx + 1
        if self.group.leads and (done % self.every == 0 or done == runner.max_iters):
            self._save(runner, done)

    def _save(self, runner: Any, iteration: int) -> None:
        tensors, state = collect_state(self.modules, runner.optim_wrapper.optimizer)
        schedulers = [scheduler.state_dict() for scheduler in runner.param_schedulers]
        scaler = _loss_scaler(runner)
        path = self.folder / f"iteration_{iteration:08d}.safetensors"
        info = {
            "iteration": iteration,
            "state": state,
            "schedulers": schedulers,
            "loss_scaler": scaler.state_dict() if scaler else {},
        }
        save_weights(path, tensors, info)
        load_weights(path)
        for old in list_checkpoints(self.folder):
            if old != path:
                old.with_suffix(".json").unlink(missing_ok=True)
                old.unlink()


def _loss_scaler(runner: Any) -> Any:
    """Return what scales the loss in float16, or None in other precisions."""
    scaler = getattr(runner.optim_wrapper, "loss_scaler", None)
    return scaler if scaler is not None and scaler.is_enabled() else None


def discard_checkpoints(folder: Path) -> None:
    """Delete what only a training that is still going on needs; several times as large as the weights."""
    with disk_errors(folder):
        shutil.rmtree(folder / CHECKPOINTS)


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in ``folder``, oldest first."""
    return sorted(path for path in folder.glob("iteration_*.safetensors") if _NAME.fullmatch(path.name))
