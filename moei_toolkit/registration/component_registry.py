"""A strict registry: components of one kind, looked up and built by name and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any

from mmengine.registry import Registry

from moei_toolkit.errors import RegistryError, as_sentence, did_you_mean
from moei_toolkit.registration.builtin import COMPONENTS
from moei_toolkit.registration.construction import construct, load_class
from moei_toolkit.registration.plugin_table import Entry, PluginTable, Provider, describe_conflict
from moei_toolkit.registration.plugins import TOOLKIT, load_plugins


class ComponentRegistry(Registry):
    """The components of one kind: what plugins offer, and classes registered by decorator.

    ``@EXPERTS.register_module()`` works as in any mmengine registry, but only registered names are looked up:
    no import paths, no scopes, no parents.

    Args:
        kind: One of ``KINDS``.
        contract: The abstract base of that kind as ``"package.module:Class"``.
        plugins: Returns the components that plugins offer.
    """

    def __init__(self, kind: str, contract: str, plugins: Callable[[], PluginTable] = load_plugins) -> None:
        super().__init__(kind, scope=TOOLKIT.name)
        self._contract = contract
        self._plugins = plugins

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}: {', '.join(self.names())})"

    def names(self) -> tuple[str, ...]:
        """Return every registered name, sorted, without importing a component."""
        return tuple(sorted({*self._plugins().entries(self.name), *self._decorated()}))

    def provider(self, name: str) -> Provider:
        """Return who provides a component.

        Raises:
            RegistryError: If the name is unknown or claimed twice.
        """
        return self._find(name).provider

    def get(self, key: str) -> type:
        """Return the class registered under a name, importing it on first use.

        Raises:
            RegistryError: If the name is unknown or claimed twice, its module cannot be imported, or the
                class does not derive from the contract of this kind.
        """
        return load_class(self._find(key), self._contract)

    def build(self, cfg: Mapping[str, Any], **objects: Any) -> Any:
        """Construct a component.

        Args:
            cfg: ``dict(type="name", **arguments)``; the component must accept every argument. Such a
                dictionary among the arguments, or a list of them, is one of this kind, and built first.
            **objects: Objects on offer, for instance ``backbone=...``; a component receives those that its
                constructor names.

        Raises:
            RegistryError: If the type or an argument is unknown, an argument is missing, or the component
                refuses a value.
        """
        return construct(self.name, self._find, self._contract, cfg, objects)

    def _register_module(
        self, module: type, module_name: str | Sequence[str] | None = None, force: bool = False
    ) -> None:
        if force or not isinstance(module, type):
            raise RegistryError(f"{self.name}: expected a class and no force, got {module!r}, force={force}")
        given = module.__name__ if module_name is None else module_name
        for name in [given] if isinstance(given, str) else given:
            self._check_free(Entry(self.name, name, module, _provider_of(module)))
            self._module_dict[name] = module

    def _check_free(self, entry: Entry) -> None:
        # Plugins are not consulted: one of them may be in the middle of being imported.
        known = [Entry(*component, TOOLKIT) for component in COMPONENTS] + list(self._decorated().values())
        for other in known:
            if (other.kind, other.name) == (entry.kind, entry.name) and other.path != entry.path:
                raise RegistryError(describe_conflict(other, entry))

    def _decorated(self) -> dict[str, Entry]:
        """Return what decorators registered, without classes whose module failed to import."""
        return {
            name: Entry(self.name, name, module, _provider_of(module))
            for name, module in self._module_dict.items()
            if module.__module__ in sys.modules
        }

    def _find(self, name: str) -> Entry:
        offered = self._plugins().entries(self.name).get(name)
        decorated = self._decorated().get(name)
        if offered and decorated and offered.path != decorated.path:
            raise RegistryError(describe_conflict(offered, decorated))
        entry = offered or decorated
        if entry is None:
            raise RegistryError(self._describe_unknown(name))
        return entry

    def _describe_unknown(self, name: str) -> str:
        known = self.names()
        listing = f"Known: {', '.join(map(repr, known))}." if known else "None is registered."
        hint = did_you_mean(str(name), known)
        sentences = dict.fromkeys([f"{self.name}: there is no {name!r}.", hint or listing, listing])
        return " ".join([*sentences, *(as_sentence(str(state)) for state in self._plugins().failed)])


def _provider_of(component: type) -> Provider:
    """Return the provider of a class that came in by decorator."""
    package = component.__module__.partition(".")[0]
    if package == TOOLKIT.name:
        return TOOLKIT
    try:
        return Provider(package, metadata.version(package), "decorator")
    except metadata.PackageNotFoundError:
        return Provider(package, "unversioned", "decorator")
