"""One training: a model, its data and settings in; the averaged modules out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.model import MomentumAnnealingEMA
from mmengine.optim.scheduler import CosineAnnealingLR, LinearLR
from mmengine.runner import Runner
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset

from moei_toolkit.config.schema import Training
from moei_toolkit.data.sampler import CountingSampler
from moei_toolkit.engine.checkpoint import CHECKPOINTS, CheckpointHook
from moei_toolkit.engine.distributed_model import distribute
from moei_toolkit.engine.hooks import AverageHook, ProgressHook, Scalars, ValidationHook
from moei_toolkit.engine.loop import CountedLoop
from moei_toolkit.engine.model import RestorationModel
from moei_toolkit.engine.optim_wrapper import wrap_optimizer
from moei_toolkit.engine.process_group import ProcessGroup, SingleProcess
from moei_toolkit.errors import TrainingError

_AVERAGE_WARMUP = 10


@dataclass(frozen=True)
class Listener:
    """Who is told about a training while it runs.

    Attributes:
        progress: Called after every iteration with how many are done and the loss.
        validation: Called with the iteration and what was measured.
        warning: Called with a sentence when something had to be passed over.
    """

    progress: Callable[[int, float | None], None]
    validation: Callable[[int, Scalars], None]
    warning: Callable[[str], None]


def average_of(module: nn.Module, decay: float) -> MomentumAnnealingEMA:
    """Return a moving average of ``module`` whose memory grows from 10 iterations up to 1 / (1 - decay)."""
    return MomentumAnnealingEMA(module, momentum=1 - decay, gamma=_AVERAGE_WARMUP)


def train(
    model: RestorationModel,
    trained: Mapping[str, nn.Module],
    averages: Mapping[str, MomentumAnnealingEMA],
    dataset: Dataset,
    settings: Training,
    folder: Path,
    seed: int,
    measure: Callable[[], Scalars],
    listener: Listener,
    group: ProcessGroup | None = None,
) -> None:
    """Train to the last iteration, going on from the newest valid checkpoint in ``folder``.

    In a group, every process calls it with the same arguments, and each takes its share of every batch. What
    is seen, learnt and drawn at random is, to rounding, what one process would have. Only the leader writes,
    measures and listens; only its averages are up to date.

    Args:
        model: Holds everything the loss needs.
        trained: The parts of ``model`` that are updated, by name.
        averages: Moving averages of some of them, by the same names; updated in place.
        dataset: Map-style; a sample depends on its index alone.
        settings: Iterations, learning rate and so on.
        folder: Checkpoints go to ``folder/checkpoints``, TensorBoard events and logs to ``folder/logs``.
        seed: Of every random choice in the loop.
        measure: Measures the averages; see :class:`ValidationHook`.
        listener: Who is told.
        group: Who trains; this process alone when None.

    Raises:
        ConfigError: If a batch cannot be divided evenly among the group.
        TrainingError: If the loss or its gradient is not finite; the last checkpoint stays.
        CheckpointError: If the checkpoints there belong to another training.
    """
    group, batch = group or SingleProcess(), settings.images_per_batch
    share = group.images_per_process(batch)
    sampler = CountingSampler(0, settings.iterations * batch, batch, group.size, group.rank)
    # A generator of its own: starting a loader draws from the global one, which a resumed run must not.
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(dataset, share, sampler=sampler, generator=generator)
    optimizer = torch.optim.AdamW(
        [parameter for module in trained.values() for parameter in module.parameters()],
        lr=settings.learning_rate,
        betas=settings.betas,
        weight_decay=settings.weight_decay,
        fused=True,
    )
    checkpoint = CheckpointHook(
        folder / CHECKPOINTS,
        {**trained, **{f"average_{name}": average for name, average in averages.items()}},
        every=settings.checkpoint_every,
        seek=lambda iteration: sampler.start_at(iteration * batch),
        warn=listener.warning,
        group=group,
    )
    observers = _observers(trained, averages, settings, measure, listener) if group.leads else []
    shared = distribute(model, group)
    with group.collective():
        runner = Runner(
            model=shared,
            work_dir=str(folder / "logs"),
            train_dataloader=loader,
            train_cfg={"type": CountedLoop, "max_iters": settings.iterations},
            optim_wrapper=wrap_optimizer(optimizer, settings.precision, settings.clip_norm, get_device()),
            param_scheduler=_schedule(optimizer, settings),
            default_hooks={
                "checkpoint": None,
                "sampler_seed": None,
                "logger": {"type": "LoggerHook", "interval": 20} if group.leads else None,
            },
            custom_hooks=[*observers, checkpoint],
            visualizer={
                "type": "Visualizer",
                "vis_backends": [{"type": "TensorboardVisBackend"}] if group.leads else [],
            },
            log_level="ERROR",
            randomness={"seed": seed},
            experiment_name=f"{folder.name}-{time.time_ns()}",
        )
    for average in averages.values():
        average.to(get_device())
    try:
        runner.train()
    except (TrainingError, RuntimeError) as error:
        own = isinstance(error, TrainingError) and not group.is_over
        if own or "non-finite" in str(error):
            raise TrainingError(_not_finite(runner.iter, error, checkpoint.folder)) from error
        raise
    finally:
        runner.visualizer.close()


def _observers(
    trained: Mapping[str, nn.Module],
    averages: Mapping[str, MomentumAnnealingEMA],
    settings: Training,
    measure: Callable[[], Scalars],
    listener: Listener,
) -> list[Hook]:
    return [
        AverageHook([(average, trained[name]) for name, average in averages.items()]),
        ProgressHook(listener.progress),
        ValidationHook(settings.validate_every, measure, listener.validation),
    ]


def _schedule(optimizer: Optimizer, settings: Training) -> list[LinearLR | CosineAnnealingLR]:
    """Linear warm-up, then cosine to zero."""
    warmup = max(1, settings.warmup)
    cosine = {
        "T_max": max(1, settings.iterations - warmup),
        "begin": warmup,
        "end": max(warmup + 1, settings.iterations),
    }
    return [
        LinearLR(optimizer, start_factor=1 / warmup, by_epoch=False, end=warmup),
        CosineAnnealingLR(optimizer, eta_min=0.0, by_epoch=False, **cosine),
    ]


def _not_finite(iteration: int, error: Exception, folder: Path) -> str:
    return (
        f"training stopped at iteration {iteration + 1}: {error}. Earlier checkpoints are kept in {folder}. "
        "Lower learning_rate or clip_norm, or look for bad images in the data."
    )
