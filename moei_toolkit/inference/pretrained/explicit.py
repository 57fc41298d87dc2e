"""Components with every argument written out, so that a later default does not change what they are."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenDict
from moei_toolkit.config.model import Architecture
from moei_toolkit.registration.arguments import plain_defaults
from moei_toolkit.registration.component_registry import ComponentRegistry
from moei_toolkit.registration.construction import parts_of
from moei_toolkit.registry import ABSTENTIONS, BACKBONES, CALIBRATORS, EXPERTS, ROUTERS


def explicit_architecture(architecture: Architecture) -> Architecture:
    """Return an architecture whose components have all arguments that are plain data.

    Raises:
        RegistryError: If a component is not installed.
    """
    experts = {
        name: section.model_copy(update={"expert": _explicit(EXPERTS, section.expert, {"backbone"})})
        for name, section in architecture.experts.items()
    }
    offered = {"descriptor_dim", "experts", "names"}
    router = _explicit(ROUTERS, architecture.router.router, offered)
    trust = {
        "calibrator": _explicit(CALIBRATORS, architecture.calibrate.calibrator),
        "abstention": _explicit(ABSTENTIONS, architecture.calibrate.abstention),
    }
    changes = {
        "backbone": _explicit(BACKBONES, architecture.backbone),
        "experts": FrozenDict(experts),
        "router": architecture.router.model_copy(update={"router": router}),
        "calibrate": architecture.calibrate.model_copy(update=trust),
    }
    return architecture.model_copy(update=changes)


def _explicit(registry: ComponentRegistry, component: Component, offered: Container[str] = ()) -> Component:
    return Component.model_validate(_written_out(registry, component.as_dict(), offered))


def _written_out(
    registry: ComponentRegistry, cfg: Mapping[str, Any], offered: Container[str]
) -> dict[str, Any]:
    defaults = plain_defaults(registry.get(cfg["type"]), offered)
    parts = {
        name: _written_out(registry, value, offered)
        if isinstance(value, Mapping)
        else [_written_out(registry, part, offered) for part in value]
        for name, value in parts_of(cfg).items()
    }
    return {"type": cfg["type"], **defaults, **cfg, **parts}
