"""Who has to be installed for a trained model, beside the toolkit."""

from __future__ import annotations

from collections.abc import Iterator

from moei_toolkit.config.component import Component
from moei_toolkit.config.model import Architecture
from moei_toolkit.registration.component_registry import ComponentRegistry
from moei_toolkit.registration.construction import types_in
from moei_toolkit.registry import ABSTENTIONS, BACKBONES, CALIBRATORS, EXPERTS, ROUTERS


def plugins_of(architecture: Architecture) -> dict[str, str]:
    """Return the distributions that offer components of it -> their versions, without the toolkit.

    Of a component that a module in ``custom_imports`` registers, it is the package of that module.

    Raises:
        RegistryError: If a component is not installed.
    """
    providers = {
        registry.provider(name)
        for registry, component in _components(architecture)
        for name in types_in(component.as_dict())
    }
    return {one.name: one.version for one in sorted(providers, key=str) if one.source != "built-in"}


def _components(architecture: Architecture) -> Iterator[tuple[ComponentRegistry, Component]]:
    yield BACKBONES, architecture.backbone
    for section in architecture.experts.values():
        yield EXPERTS, section.expert
    yield ROUTERS, architecture.router.router
    yield CALIBRATORS, architecture.calibrate.calibrator
    yield ABSTENTIONS, architecture.calibrate.abstention
