"""Trains what the frozen dense backbone wears: an expert, a single-task model, or the rival of equal cost."""

from __future__ import annotations

import torch

from moei_toolkit.config.sections.training import DenseEqual, ExpertSection
from moei_toolkit.engine.checkpoint import discard_checkpoints
from moei_toolkit.engine.model import RestorationModel
from moei_toolkit.engine.train import average_of, train
from moei_toolkit.inference.loading.run import EXPERT_FILE, load_backbone
from moei_toolkit.io.weights import save_weights
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.training.chronicle import Chronicle
from moei_toolkit.pipeline.training.crops import crop_dataset
from moei_toolkit.pipeline.training.losses import build_losses, say_losses
from moei_toolkit.pipeline.training.validation import validation
from moei_toolkit.registry import EXPERTS
from moei_toolkit.types import CLEAN


def run(context: StageContext, name: str) -> None:
    """Train ``config.worn[name]``; leave its averaged weights and its share of the backbone's parameters."""
    config = context.config
    section = config.worn[name]
    settings = section.training
    torch.manual_seed(context.seed)
    backbone = load_backbone(config, context.inputs["dense"])
    expert = EXPERTS.build(section.expert.as_dict(), backbone=backbone)
    losses = build_losses(config)
    say_losses(config, losses, settings.mix, context.log)
    model = RestorationModel(backbone, expert, losses)
    average = average_of(expert, settings.ema_decay)
    with (
        Images(context.inputs["data"]) as images,
        context.log.progress(settings.iterations, name) as progress,
    ):
        train(
            model,
            {"expert": expert},
            {"expert": average},
            crop_dataset(images, config, settings, context.seed),
            settings,
            context.folder,
            context.seed,
            validation(
                images, config, _judged_on(section), settings.crop_size, lambda: (backbone, average.module)
            ),
            Chronicle(context, progress).listener(),
            context.group,
        )
    if not context.group.leads:
        return
    parameters = sum(p.numel() for p in expert.parameters())
    share = parameters / sum(p.numel() for p in backbone.parameters())
    info = {
        "component": section.expert.as_dict(),
        "kind": "experts",
        "parameters": parameters,
        "share": share,
    }
    save_weights(context.folder / EXPERT_FILE, average.module.state_dict(), info)
    discard_checkpoints(context.folder)


def _judged_on(section: ExpertSection | DenseEqual) -> list[str]:
    """Return the degradations that its validation measures."""
    if isinstance(section, ExpertSection):
        return [section.task]
    return [name for name in section.training.mix if name != CLEAN]
