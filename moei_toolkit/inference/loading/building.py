"""From what a config says to components: untrained ones, and ones that are given their state."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.calibrators.abstention import ABSTAIN_ALWAYS
from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.config.model import Architecture
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import CheckpointError, ConfigError
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.registry import ABSTENTIONS, BACKBONES, CALIBRATORS, EXPERTS, ROUTERS
from moei_toolkit.routers.base import Router

M = TypeVar("M", bound=nn.Module)


def build_backbone(
    config: Config | Architecture, changed: Mapping[str, Any] = MappingProxyType({})
) -> Backbone:
    """Build an untrained backbone.

    Args:
        config: Says which.
        changed: Options that differ from what it says.
    """
    backbone: Backbone = BACKBONES.build({**config.backbone.as_dict(), **changed})
    return backbone


def backbone_option(config: Config | Architecture, option: str) -> int:
    """Return a whole number that the backbone is built with, given in the config or by default.

    Raises:
        ConfigError: If the backbone has no such option.
    """
    given = config.backbone.as_dict()
    parameter = inspect.signature(BACKBONES.get(config.backbone.type)).parameters.get(option)
    value = given.get(option, parameter.default if parameter else None)
    if not isinstance(value, int):
        raise ConfigError(f"backbone {config.backbone.type!r} has no whole number called {option!r}")
    return value


def build_worn(config: Config | Architecture, stage: str, backbone: Backbone) -> Expert:
    """Build ``config.worn[stage]`` around ``backbone``, untrained."""
    expert: Expert = EXPERTS.build(config.worn[stage].expert.as_dict(), backbone=backbone)
    return expert


def build_router(config: Config | Architecture, descriptor_dim: int) -> Router:
    """Build an untrained router with one output per expert."""
    names = tuple(config.experts)
    router: Router = ROUTERS.build(
        config.router.router.as_dict(), descriptor_dim=descriptor_dim, experts=len(names), names=names
    )
    return router


def make_protocol(architecture: Config | Architecture) -> Protocol:
    """Return how an image is looked at and tiled."""
    return Protocol(**architecture.views.model_dump(), **architecture.inference.model_dump())


def fill(module: M, tensors: Mapping[str, Tensor], where: str) -> M:
    """Load tensors into a module and freeze it, in evaluation mode.

    Raises:
        CheckpointError: If one is missing, too many, or of another shape; ``where`` says what they are.
    """
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        first, *others = (line.strip().rstrip(".") for line in str(error).splitlines()[1:])
        more = f" And {len(others)} more." if others else ""
        raise CheckpointError(f"{where} does not fit {type(module).__name__}: {first}.{more}") from error
    return module.eval().requires_grad_(False)


def restore_calibration(
    config: Config | Architecture, saved: Mapping[str, Any], where: str
) -> tuple[Calibrator, AbstentionRule, float]:
    """Return calibrator, abstention rule and threshold from what was saved of them.

    Args:
        config: Says which they are.
        saved: States of ``calibrator`` and ``rule``, which may be missing, and ``threshold``.
        where: What it was read from, for the error.

    Raises:
        CheckpointError: If that is no calibration.
    """
    try:
        calibrator: Calibrator = CALIBRATORS.build(config.calibrate.calibrator.as_dict())
        calibrator.load_state(saved["calibrator"])
        rule: AbstentionRule = ABSTENTIONS.build(config.calibrate.abstention.as_dict())
        rule.load_state(saved.get("rule", {}))
        threshold = float(saved["threshold"])
        if not 0 <= threshold <= ABSTAIN_ALWAYS:
            raise ValueError(f"expected a threshold in [0, 1], or just above, got {threshold}")
        return calibrator, rule, threshold
    except (ValueError, KeyError, TypeError) as error:
        raise no_calibration(where, error) from error


def no_calibration(where: str, error: Exception) -> CheckpointError:
    """Return the error that says that something is no calibration."""
    return CheckpointError(f"{where}: expected a calibration, got {type(error).__name__}: {error}.")
