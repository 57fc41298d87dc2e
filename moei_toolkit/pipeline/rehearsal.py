"""Builds every component of a config once: a wrong argument must show before hours of training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.device import get_device

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.config.component import Component
from moei_toolkit.config.schema import Config
from moei_toolkit.engine.precision import check_precision
from moei_toolkit.errors import ConfigError
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.bundle import build_router
from moei_toolkit.registry import (
    BACKBONES,
    CALIBRATORS,
    DEGRADATIONS,
    EXPERTS,
    LAYOUTS,
    LOSSES,
    METRICS,
)
from moei_toolkit.routers.base import Router

_SIDE = 32


def rehearse(config: Config) -> None:
    """Build everything the config names, run a small image through the networks, and keep nothing.

    Raises:
        RegistryError: If a component is unknown, or does not accept its arguments.
        WeightsMissingError: If a component needs weights that are not there.
        ConfigError: If the networks do not fit together, this device lacks the precision, or PSNR, which
            the summary is made of, is not among the metrics.
    """
    LAYOUTS.build(config.data.layout.as_dict())
    for task in config.tasks.values():
        DEGRADATIONS.build(task.degradation.as_dict())
        LOSSES.build(task.loss.as_dict())
    if isinstance(config.dense.loss, Component):
        LOSSES.build(config.dense.loss.as_dict())
    for training in (config.dense.training, *(section.training for section in config.experts.values())):
        check_precision(training.precision, get_device())
    backbone = BACKBONES.build(config.backbone.as_dict())
    experts = [
        EXPERTS.build(section.expert.as_dict(), backbone=backbone) for section in config.experts.values()
    ]
    _push_through(backbone, experts, build_router(config, backbone.descriptor_dim), config.backbone.type)
    CALIBRATORS.build(config.calibrate.calibrator.as_dict())
    metrics = [METRICS.build(metric.as_dict()).name for metric in config.evaluate.metrics]
    if "psnr" not in metrics:
        raise ConfigError(f"evaluate.metrics: expected dict(type='psnr') in RGB among them, got {metrics}")


@torch.inference_mode()
def _push_through(backbone: Backbone, experts: Sequence[Expert], router: Router, name: str) -> None:
    x = torch.zeros(1, 3, _SIDE, _SIDE)
    try:
        for expert in experts:
            restored, g = backbone.eval()(x, expert.eval(), return_global=True)
        logits = router.eval()(g)
    except (RuntimeError, ValueError, TypeError, IndexError, ZeroDivisionError) as error:
        raise ConfigError(
            f"backbone {name!r} with its experts and router cannot restore a {_SIDE}x{_SIDE} image: {error}"
        ) from error
    if restored.shape != x.shape or logits.shape != (1, len(experts)):
        raise ConfigError(
            f"backbone {name!r}: expected an image {tuple(x.shape)} and logits {(1, len(experts))}, "
            f"got {tuple(restored.shape)} and {tuple(logits.shape)}"
        )
