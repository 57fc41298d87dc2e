"""Which components exist, who provides them, and how each plugin fared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import pluggy

from moei_toolkit.errors import RegistryError, did_you_mean

KINDS = (
    "backbones",
    "experts",
    "routers",
    "losses",
    "calibrators",
    "abstentions",
    "degradations",
    "layouts",
    "metrics",
)
"""What can be registered."""

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Provider:
    """The distribution that brought a component.

    Attributes:
        name: Distribution name, or the top-level module of a class registered by decorator.
        version: Its version; ``"unversioned"`` where there is none.
        source: How the component came in.
    """

    name: str
    version: str
    source: Literal["built-in", "plugin", "decorator"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Entry:
    """One component on offer.

    Attributes:
        kind: One of ``KINDS``.
        name: What a configuration calls it.
        target: ``"package.module:Class"`` or the class itself.
        provider: Who brought it.

    Raises:
        RegistryError: If kind, name or target is not valid.
    """

    kind: str
    name: str
    target: str | type
    provider: Provider

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RegistryError(f"unknown kind {self.kind!r}. {did_you_mean(str(self.kind), KINDS)}")
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise RegistryError(
                f"{self.kind}: expected a name of letters, digits and underscores, got {self.name!r}"
            )
        if not isinstance(self.target, type) and not _is_target(self.target):
            raise RegistryError(
                f"{self.kind} {self.name!r}: expected a class or 'package.module:Class', got {self.target!r}"
            )

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} from {self.provider}"

    @property
    def path(self) -> str:
        """The target as ``"package.module:Class"``."""
        return self.target if isinstance(self.target, str) else class_path(self.target)


@dataclass(frozen=True)
class PluginState:
    """How loading one plugin went.

    Attributes:
        name: Entry point name.
        distribution: Who ships it.
        version: Version of that distribution.
        status: ``"loaded"``, or ``"failed"`` when nothing of it was taken.
        reason: Why it failed, in one line; empty when it did not.
    """

    name: str
    distribution: str
    version: str
    status: Literal["loaded", "failed"]
    reason: str = ""

    def __str__(self) -> str:
        outcome = f"failed to load: {self.reason}" if self.status == "failed" else "loaded"
        return f"plugin {self.name!r} ({self.distribution} {self.version}) {outcome}"


@dataclass(frozen=True)
class LoadedPlugin:
    """A plugin that can be asked again.

    Attributes:
        name: Entry point name.
        provider: Who ships it.
        module: Dotted name of the module it begins in.
        hooks: Its hooks by name, to be called with keywords.
    """

    name: str
    provider: Provider
    module: str
    hooks: pluggy.HookRelay

    def __str__(self) -> str:
        return f"plugin {self.name!r} ({self.provider})"

    @property
    def id(self) -> str:
        """What no other loaded plugin is called."""
        return f"{self.provider.name}:{self.name}"


class PluginTable:
    """Components by kind and name, and in loading order a state per plugin and those that were loaded."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
        self._states: list[PluginState] = []
        self._loaded: list[LoadedPlugin] = []

    @property
    def states(self) -> tuple[PluginState, ...]:
        """How each plugin fared."""
        return tuple(self._states)

    @property
    def failed(self) -> tuple[PluginState, ...]:
        """The plugins of which nothing was taken."""
        return tuple(state for state in self._states if state.status == "failed")

    def with_hook(self, hook: str) -> tuple[LoadedPlugin, ...]:
        """Return the plugins that have a hook, in loading order."""
        return tuple(plugin for plugin in self._loaded if getattr(plugin.hooks, hook).get_hookimpls())

    def entries(self, kind: str) -> Mapping[str, Entry]:
        """Return the components of one kind by name."""
        return MappingProxyType(self._entries[kind])

    def add(self, entries: Iterable[Entry]) -> None:
        """Take all of the entries, or none of them.

        Raises:
            RegistryError: If a name is already taken by another class; both providers are named.
        """
        merged = {kind: dict(known) for kind, known in self._entries.items()}
        for entry in entries:
            known = merged[entry.kind].setdefault(entry.name, entry)
            if known.path != entry.path:
                raise RegistryError(describe_conflict(known, entry))
        self._entries = merged

    def record(self, state: PluginState) -> None:
        """Note how a plugin fared."""
        self._states.append(state)

    def keep(self, plugin: LoadedPlugin) -> None:
        """Keep a plugin to be asked later."""
        self._loaded.append(plugin)


def class_path(cls: type) -> str:
    """Return ``"package.module:Class"``."""
    return f"{cls.__module__}:{cls.__qualname__}"


def describe_conflict(first: Entry, second: Entry) -> str:
    """Describe two components that claim one name."""
    return (
        f"{first.kind} {first.name!r} is provided by {first.provider} ({first.path}) and claimed again by "
        f"{second.provider} ({second.path}): rename one of them or uninstall one of the two"
    )


def _is_target(target: object) -> bool:
    return isinstance(target, str) and _TARGET.fullmatch(target) is not None
