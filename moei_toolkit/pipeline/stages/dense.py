"""Trains the shared backbone on every task: dense-aio, and the trunk of all experts."""

from __future__ import annotations

import torch

from moei_toolkit.config.component import Component
from moei_toolkit.engine.checkpoint import discard_checkpoints
from moei_toolkit.engine.model import AuxiliaryHead, RestorationModel
from moei_toolkit.engine.train import average_of, train
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.loading.run import BACKBONE_FILE
from moei_toolkit.io.weights import save_weights
from moei_toolkit.pipeline.images import Images, degradation_names
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.training.chronicle import Chronicle
from moei_toolkit.pipeline.training.crops import crop_dataset
from moei_toolkit.pipeline.training.losses import build_losses, say_losses
from moei_toolkit.pipeline.training.validation import validation
from moei_toolkit.registry import BACKBONES, LOSSES


def run(context: StageContext) -> None:
    """Train, and leave the averaged weights."""
    config, settings = context.config, context.config.dense.training
    torch.manual_seed(context.seed)
    backbone = BACKBONES.build(config.backbone.as_dict())
    auxiliary = AuxiliaryHead(backbone.descriptor_dim, len(degradation_names(config)))
    shared_loss = config.dense.loss
    override = LOSSES.build(shared_loss.as_dict()) if isinstance(shared_loss, Component) else None
    losses = build_losses(config, override)
    say_losses(config, losses, settings.mix, context.log)
    model = RestorationModel(backbone, Dense(), losses, auxiliary, settings.auxiliary_weight)
    average = average_of(backbone, settings.ema_decay)
    measured = [name for name in degradation_names(config) if name in settings.mix]
    with (
        Images(context.inputs["data"]) as images,
        context.log.progress(settings.iterations, "dense") as progress,
    ):
        train(
            model,
            {"backbone": backbone, "auxiliary": auxiliary},
            {"backbone": average},
            crop_dataset(images, config, settings, context.seed),
            settings,
            context.folder,
            context.seed,
            validation(images, config, measured, settings.crop_size, lambda: (average.module, Dense())),
            Chronicle(context, progress).listener(),
            context.group,
        )
    if not context.group.leads:
        return
    info = {"component": config.backbone.as_dict(), "kind": "backbones"}
    save_weights(context.folder / BACKBONE_FILE, average.module.state_dict(), info)
    discard_checkpoints(context.folder)
