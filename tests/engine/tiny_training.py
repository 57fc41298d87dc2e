"""A training of a few iterations on noise, in this process or, to be killed, in one of its own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from dying import in_child, kill_at
from torch import Tensor, nn
from torch.utils.data import Dataset

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.config.sections.training import Training
from moei_toolkit.engine.model import AuxiliaryHead, RestorationModel
from moei_toolkit.engine.process_group import ProcessGroup
from moei_toolkit.engine.train import Listener, average_of, train
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.base import Expert
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.testing.modules import shake

LAST = "iteration_00000008"
TASKS = 2


class Patches(Dataset[dict[str, Tensor]]):
    """Noise with a random brightness; a sample depends on its index alone, and a spoiled one holds NaN."""

    def __init__(self, spoiled: int | None = None) -> None:
        self.spoiled = spoiled

    def __len__(self) -> int:
        return 1 << 20

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([7, index])
        clean = rng.random((2, 3, 8, 8), np.float32) * np.float32(rng.uniform(0.3, 1))
        degraded = np.clip(0.5 * clean + 0.3, 0, 1)[..., :: rng.choice([-1, 1])].copy()
        if index == self.spoiled:
            clean[0, 0, 0, 0] = np.nan
        return {
            "overview": torch.from_numpy(degraded[0]),
            "degraded": torch.from_numpy(degraded),
            "clean": torch.from_numpy(clean),
            "task": torch.tensor(index % TASKS),
            "severity": torch.tensor(0.5),
        }


class Dropping(Expert):
    """Drops features at random while training, from torch's global random numbers."""

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        return F.dropout(block(x), 0.1, self.training)


def settings(**changes: Any) -> Training:
    chosen = {
        "iterations": 8,
        "images_per_batch": 2,
        "crops_per_image": 2,
        "crop_size": 8,
        "learning_rate": 1e-2,
        "warmup": 2,
        "ema_decay": 0.9,
        "mix": {"rain": 1.0},
        "checkpoint_every": 4,
        "validate_every": 4,
    }
    return Training.model_validate({**chosen, **changes})


def ignore(*_: object) -> None:
    pass


def make_backbone() -> GlobalUNet:
    torch.manual_seed(0)
    return GlobalUNet(width=4, levels=1, blocks=1, descriptor_dim=16)


class Normalised(GlobalUNet):
    """With a batch normalisation whose running values move whenever it runs in training mode."""

    def __init__(self, width: int = 4, **options: Any) -> None:
        super().__init__(width=width, **options)
        self.norm = nn.BatchNorm2d(width)

    def encode(self, x: Tensor) -> list[Tensor]:
        finest, *others = super().encode(x)
        return [self.norm(finest), *others]


def make_frozen() -> GlobalUNet:
    """The backbone that :func:`train_expert` starts from."""
    torch.manual_seed(1)
    return shake(Normalised(levels=1, blocks=1, descriptor_dim=16))


def train_dense(
    folder: Path,
    dataset: Dataset[dict[str, Tensor]] | None = None,
    progress: Callable[[int, float | None], None] = ignore,
    warning: Callable[[str], None] = ignore,
    validation: Callable[[int, Mapping[str, float]], None] = ignore,
    tasks: int = TASKS,
    expert: Expert | None = None,
    group: ProcessGroup | None = None,
    **changes: Any,
) -> nn.Module:
    """Train a small backbone and return its moving average."""
    backbone = make_backbone()
    auxiliary = AuxiliaryHead(backbone.descriptor_dim, tasks)
    model = RestorationModel(backbone, expert or Dropping(), [L1Loss()] * tasks, auxiliary)
    average = average_of(backbone, 0.9)
    train(
        model,
        {"backbone": backbone, "auxiliary": auxiliary},
        {"backbone": average},
        Patches() if dataset is None else dataset,
        settings(**changes),
        folder,
        3,
        lambda: {"psnr": float(next(average.parameters()).sum())},
        Listener(progress, validation, warning),
        group,
    )
    return average.module


def train_expert(
    folder: Path, group: ProcessGroup | None = None, **changes: Any
) -> tuple[GlobalUNet, Adapter, list[bool]]:
    """Train an adapter; return the backbone, the expert, and whether the backbone was in training mode."""
    backbone = make_frozen()
    expert = Adapter(backbone, top_blocks=1)
    average = average_of(expert, 0.9)
    modes: list[bool] = []
    train(
        RestorationModel(backbone, expert, [L1Loss()] * TASKS),
        {"expert": expert},
        {"expert": average},
        Patches(),
        settings(**changes),
        folder,
        3,
        lambda: {"psnr": 0.0},
        Listener(lambda done, loss: modes.append(backbone.training), ignore, ignore),
        group,
    )
    return backbone, expert, modes


def checkpoint(folder: Path, name: str = LAST) -> tuple[bytes, bytes]:
    """Everything a training remembers: weights, average, optimizer, schedule, random numbers."""
    stem = folder / "checkpoints" / name
    return stem.with_suffix(".safetensors").read_bytes(), stem.with_suffix(".json").read_bytes()


def every_crash_point(base: Path) -> None:
    """Kill a training at every change to the file system, go on, and print what is wrong then."""
    train_dense(base / "whole")  # not in a child: what it imports, every child has
    expected, call, crashed = checkpoint(base / "whole"), 0, True
    while crashed:
        call += 1
        folder = base / f"killed{call}"

        def doomed(folder: Path = folder, call: int = call) -> None:
            kill_at(call, ("os.mkdir", "os.remove", "os.rename"), with_fsync=False)
            train_dense(folder)

        crashed = in_child(doomed) == -signal.SIGKILL
        resumed = in_child(lambda folder=folder: train_dense(folder))
        if resumed or checkpoint(folder) != expected:
            print("WRONG", call, resumed)
    print("POINTS", call)


if __name__ == "__main__":
    torch.set_num_threads(1)
    every_crash_point(Path(sys.argv[1]))
