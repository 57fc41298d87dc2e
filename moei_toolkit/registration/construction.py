"""From what a configuration says to a component. Needs neither torch nor mmengine."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moei_toolkit.errors import MoeiError, RegistryError, did_you_mean, located
from moei_toolkit.registration.arguments import match_arguments
from moei_toolkit.registration.plugin_table import Entry
from moei_toolkit.registration.plugins import load_plugins
from moei_toolkit.registration.stdout import talking_to_stderr


def load_class(entry: Entry, contract: str) -> type:
    """Return the class of a component, importing it on first use.

    Args:
        entry: The component.
        contract: The abstract base it must derive from, as ``"package.module:Class"``.

    Raises:
        RegistryError: If it cannot be imported, or does not derive from the contract and fulfil it.
    """
    component = entry.target if isinstance(entry.target, type) else _import(entry.target, entry)
    if not isinstance(component, type) or not issubclass(component, _import(contract, entry)):
        raise RegistryError(f"{entry}: expected a subclass of {contract}, got {component!r}")
    if missing := sorted(getattr(component, "__abstractmethods__", ())):
        raise RegistryError(f"{entry}: expected {', '.join(missing)}, which it lacks")
    return component


def type_of(kind: str, cfg: Mapping[str, Any]) -> str:
    """Return the name of the component that a configuration asks for.

    Raises:
        RegistryError: If it does not name one.
    """
    if not isinstance(cfg, Mapping) or not isinstance(cfg.get("type"), str):
        raise RegistryError(f"{kind}: expected dict(type='name', ...), got {cfg!r}")
    return str(cfg["type"])


Part = Mapping[str, Any]
"""What says how a component that belongs to another one is built: ``dict(type="name", ...)``."""


def parts_of(cfg: Mapping[str, Any]) -> dict[str, Part | Sequence[Part]]:
    """Return the arguments of a component that are components themselves, of the same kind.

    Args:
        cfg: For instance ``dict(type="mixed", parts=[dict(type="rain"), dict(type="haze")])``.

    Returns:
        Every argument that is a dictionary with a ``type``, or a list of nothing else, by its name.
    """
    return {
        name: value
        for name, value in cfg.items()
        if _is_part(value) or (isinstance(value, list | tuple) and value and all(map(_is_part, value)))
    }


def types_in(cfg: Mapping[str, Any]) -> Iterator[str]:
    """Yield the type of a component and those of its parts; see :func:`parts_of`."""
    yield str(cfg["type"])
    for value in parts_of(cfg).values():
        for part in [value] if isinstance(value, Mapping) else value:
            yield from types_in(part)


def construct(
    kind: str, find: Callable[[str], Entry], contract: str, cfg: Mapping[str, Any], objects: Mapping[str, Any]
) -> Any:
    """Construct a component, and those that are its parts first.

    Args:
        kind: Of all of them, for instance ``"experts"``.
        find: Returns the component of a name, or raises.
        contract: See :func:`load_class`.
        cfg: ``dict(type="name", **arguments)``; the component must accept every one. See :func:`parts_of`.
        objects: On offer; each receives those that its constructor names.

    Raises:
        RegistryError: If one cannot be imported, an argument is unknown or missing, or it refuses a value.
    """
    entry = find(type_of(kind, cfg))

    def build(where: str, part: Part) -> Any:
        with located(where):
            return construct(kind, find, contract, part, objects)

    built = {
        name: build(f"{entry}: {name}", value)
        if isinstance(value, Mapping)
        else [build(f"{entry}: {name}[{position}]", part) for position, part in enumerate(value)]
        for name, value in parts_of(cfg).items()
    }
    return _call(entry, contract, cfg, built, objects)


def build_offered(kind: str, contract: str, cfg: Mapping[str, Any]) -> Any:
    """Construct a component that comes with the toolkit or from an installed plugin.

    Args:
        kind: For instance ``"calibrators"``.
        contract: See :func:`load_class`.
        cfg: ``dict(type="name", **arguments)``.

    Raises:
        RegistryError: If nobody offers it, or see :func:`construct`.
    """

    def find(name: str) -> Entry:
        offered = load_plugins().entries(kind)
        if name in offered:
            return offered[name]
        hint = did_you_mean(name, offered)
        raise RegistryError(
            f"{kind}: neither the toolkit nor an installed plugin offers {name!r}. {hint}".rstrip()
        )

    return construct(kind, find, contract, cfg, {})


def _is_part(value: Any) -> bool:
    return isinstance(value, Mapping) and "type" in value


def _call(
    entry: Entry,
    contract: str,
    cfg: Mapping[str, Any],
    built: Mapping[str, Any],
    objects: Mapping[str, Any],
) -> Any:
    component, where = load_class(entry, contract), str(entry)
    configured = {name: value for name, value in cfg.items() if name != "type"}
    arguments = match_arguments(component, {**configured, **built}, objects, where)
    try:
        with talking_to_stderr(), located(where):
            return component(**arguments)
    except MoeiError:
        raise
    except (Exception, SystemExit) as error:  # a stranger's constructor may fail in any way
        given = ", ".join(f"{name}={value!r}" for name, value in configured.items()) or "its defaults"
        cause = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise RegistryError(f"{where} could not be built with {given}: {cause}") from error


def _import(path: str, entry: Entry) -> Any:
    module, _, name = path.partition(":")
    try:
        with talking_to_stderr():
            return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:  # a stranger's module may fail in any way
        cause = " ".join(f"{type(error).__name__}: {error}".split())
        raise RegistryError(f"{entry} could not be imported from {path!r}: {cause}") from error
