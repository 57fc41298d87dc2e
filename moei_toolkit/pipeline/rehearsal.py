"""Builds every component of a config once: a wrong argument must show before hours of training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.device import get_device
from torch import Tensor

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.config.component import Component
from moei_toolkit.config.schema import Config
from moei_toolkit.engine.precision import check_precision
from moei_toolkit.errors import ConfigError, located
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.loading.building import build_router
from moei_toolkit.inference.machine.devices import default_device
from moei_toolkit.inference.machine.precision import require_precision
from moei_toolkit.inference.tiles.tiling import tile_spans
from moei_toolkit.pipeline.measuring.metrics import build_metrics
from moei_toolkit.pipeline.running.culprit import blame
from moei_toolkit.registration.component_registry import ComponentRegistry
from moei_toolkit.registry import (
    ABSTENTIONS,
    BACKBONES,
    CALIBRATORS,
    DEGRADATIONS,
    EXPERTS,
    LAYOUTS,
    LOSSES,
)
from moei_toolkit.routers.base import Router
from moei_toolkit.types import DENSE

_SIDE = 32


def rehearse(config: Config) -> None:
    """Build everything the config names, run a small image through the networks, and keep nothing.

    Raises:
        RegistryError: If a component is unknown, or does not accept its arguments.
        DataError: If the cost of a router that decides by an image's name only is to be measured.
        WeightsMissingError: If a component needs weights that are not there.
        ConfigError: If the networks do not fit together, tiles are too small for them, an expert has nothing
            to train, this device lacks a precision, or PSNR, which the summary is made of, is not among the
            metrics.
    """
    if config.data.layout:
        _build("data.layout", LAYOUTS, config.data.layout)
    for name, task in config.tasks.items():
        if task.degradation:
            _build(f"tasks.{name}.degradation", DEGRADATIONS, task.degradation)
        _build(f"tasks.{name}.loss", LOSSES, task.loss)
    if isinstance(config.dense.loss, Component):
        _build("dense.loss", LOSSES, config.dense.loss)
    for training in (config.dense.training, *(section.training for section in config.worn.values())):
        check_precision(training.precision, get_device())
    backbone = _build("backbone", BACKBONES, config.backbone)
    with located("inference"):
        require_precision(config.inference.precision, torch.device(default_device()))
        tile_spans(1, config.inference.tile, config.inference.overlap, backbone.size_multiple)
    worn = {name: _build_expert(config, name, backbone) for name in config.worn}
    with located("router.router"):
        router = build_router(config, backbone.descriptor_dim)
    _push_through(config, backbone, worn, router)
    _build("calibrate.calibrator", CALIBRATORS, config.calibrate.calibrator)
    _build("calibrate.abstention", ABSTENTIONS, config.calibrate.abstention)
    with located("evaluate.metrics"):
        names = [metric.name for metric in build_metrics(config)[0]]
        if "psnr" not in names:
            raise ConfigError(f"expected dict(type='psnr') in RGB among them, got {names}")


def _build(key: str, registry: ComponentRegistry, component: Component, **objects: Any) -> Any:
    with located(key):
        return registry.build(component.as_dict(), **objects)


def _build_expert(config: Config, name: str, backbone: Backbone) -> Expert:
    key, component = f"{name}.expert", config.worn[name].expert
    expert: Expert = _build(key, EXPERTS, component, backbone=backbone)
    if not any(parameter.requires_grad for parameter in expert.parameters()):
        raise ConfigError(
            f"{key}: expected an expert to train, and {component.type!r} has no parameters. "
            f"Choose another type; the route {DENSE!r} is always there."
        )
    return expert


@torch.inference_mode()
def _push_through(config: Config, backbone: Backbone, worn: Mapping[str, Expert], router: Router) -> None:
    x = torch.zeros(1, 3, _SIDE, _SIDE)
    backbone.eval()
    for name, expert in {DENSE: Dense(), **worn}.items():
        with _named(f"backbone {config.backbone.type!r} wearing {name!r}"):
            restored, g = backbone(x, expert.eval(), return_global=True)
            _require_shape(restored, tuple(x.shape))
    with _named(f"router {config.router.router.type!r}"):
        _require_shape(router.eval()(g), (1, len(config.experts)))
    if config.bench:
        with located("bench, which restores an image without a name"):
            router.score(g, [""])


@contextmanager
def _named(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a stranger's network may fail in any way
        cause = f"{type(error).__name__}: {error}"
        raise ConfigError(f"{what} fails on a {_SIDE}x{_SIDE} image{blame(error)}: {cause}") from error


def _require_shape(found: Tensor, expected: tuple[int, ...]) -> None:
    if found.shape != expected:
        raise ConfigError(f"expected {expected}, got {tuple(found.shape)}")
