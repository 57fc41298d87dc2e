"""The registries, one per kind of component."""

from __future__ import annotations

import inspect
from hashlib import sha256
from pathlib import Path

from moei_toolkit.errors import RegistryError, did_you_mean
from moei_toolkit.registration.component_registry import ComponentRegistry
from moei_toolkit.registration.plugin_table import PluginTable

__all__ = [
    "ABSTENTIONS",
    "BACKBONES",
    "CALIBRATORS",
    "CONTRACTS",
    "DEGRADATIONS",
    "EXPERTS",
    "LAYOUTS",
    "LOSSES",
    "METRICS",
    "ROUTERS",
    "ComponentRegistry",
    "check_components",
    "component_version",
    "registry_of",
]

CONTRACTS = {
    "backbones": "moei_toolkit.backbones.base:Backbone",
    "experts": "moei_toolkit.experts.base:Expert",
    "routers": "moei_toolkit.routers.base:Router",
    "losses": "moei_toolkit.losses.base:Loss",
    "calibrators": "moei_toolkit.calibrators.base:Calibrator",
    "abstentions": "moei_toolkit.calibrators.rules.base:AbstentionRule",
    "degradations": "moei_toolkit.data.weather.base:Degradation",
    "layouts": "moei_toolkit.data.layouts.base:Layout",
    "metrics": "moei_toolkit.evaluation.metrics.metric:Metric",
}
"""The abstract base that components of each kind derive from."""

BACKBONES = ComponentRegistry("backbones", CONTRACTS["backbones"])
EXPERTS = ComponentRegistry("experts", CONTRACTS["experts"])
ROUTERS = ComponentRegistry("routers", CONTRACTS["routers"])
LOSSES = ComponentRegistry("losses", CONTRACTS["losses"])
CALIBRATORS = ComponentRegistry("calibrators", CONTRACTS["calibrators"])
ABSTENTIONS = ComponentRegistry("abstentions", CONTRACTS["abstentions"])
DEGRADATIONS = ComponentRegistry("degradations", CONTRACTS["degradations"])
LAYOUTS = ComponentRegistry("layouts", CONTRACTS["layouts"])
METRICS = ComponentRegistry("metrics", CONTRACTS["metrics"])

_ROOTS = {
    registry.name: registry
    for registry in (
        BACKBONES,
        EXPERTS,
        ROUTERS,
        LOSSES,
        CALIBRATORS,
        ABSTENTIONS,
        DEGRADATIONS,
        LAYOUTS,
        METRICS,
    )
}


def registry_of(kind: str) -> ComponentRegistry:
    """Return the registry of a kind.

    Raises:
        RegistryError: If there is no such kind.
    """
    if kind not in _ROOTS:
        raise RegistryError(f"unknown kind {kind!r}. {did_you_mean(kind, _ROOTS)}")
    return _ROOTS[kind]


def component_version(kind: str, name: str) -> dict[str, str]:
    """Return what identifies the code of a component, for fingerprints.

    Returns:
        ``provider`` and ``version`` of its distribution, and the ``sha256`` of the file defining its class.

    Raises:
        RegistryError: If the component cannot be found or was not defined in a file.
    """
    registry = registry_of(kind)
    component, provider = registry.get(name), registry.provider(name)
    try:
        source = Path(inspect.getsourcefile(component) or "").read_bytes()
    except (OSError, TypeError) as error:
        message = f"{kind} {name!r}: expected a class defined in a file, got {component!r}"
        raise RegistryError(message) from error
    return {"provider": provider.name, "version": provider.version, "sha256": sha256(source).hexdigest()}


def check_components(table: PluginTable) -> dict[tuple[str, str], str]:
    """Import every component a table offers and return what is wrong by (kind, name)."""
    problems = {}
    for kind, contract in CONTRACTS.items():
        registry = ComponentRegistry(kind, contract, plugins=lambda: table)
        for name in registry.names():
            try:
                registry.get(name)
            except RegistryError as error:
                problems[kind, name] = str(error)
    return problems
