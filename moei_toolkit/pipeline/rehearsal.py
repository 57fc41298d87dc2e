"""Builds every component of a config once: a wrong argument must show before hours of training."""

from __future__ import annotations

from moei_toolkit.config.component import Component
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ConfigError
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


def rehearse(config: Config) -> None:
    """Build everything the config names, and keep nothing.

    Raises:
        RegistryError: If a component is unknown, or does not accept its arguments.
        WeightsMissingError: If a component needs weights that are not there.
        ConfigError: If PSNR, which the summary is made of, is not among the metrics.
    """
    LAYOUTS.build(config.data.layout.as_dict())
    for task in config.tasks.values():
        DEGRADATIONS.build(task.degradation.as_dict())
        LOSSES.build(task.loss.as_dict())
    if isinstance(config.dense.loss, Component):
        LOSSES.build(config.dense.loss.as_dict())
    backbone = BACKBONES.build(config.backbone.as_dict())
    for section in config.experts.values():
        EXPERTS.build(section.expert.as_dict(), backbone=backbone)
    build_router(config, backbone.descriptor_dim)
    CALIBRATORS.build(config.calibrate.calibrator.as_dict())
    metrics = [METRICS.build(metric.as_dict()).name for metric in config.evaluate.metrics]
    if "psnr" not in metrics:
        raise ConfigError(f"evaluate.metrics: expected dict(type='psnr') in RGB among them, got {metrics}")
