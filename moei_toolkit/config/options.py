"""Options of the command line that change a config: ``router.beta=50``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moei_toolkit.config.merge import merge
from moei_toolkit.errors import ConfigError, did_you_mean

_BY_NAME = ("tasks", "experts", "singles")


def apply_options(raw: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config updated by options.

    Args:
        raw: The config as the files give it.
        options: Dotted path -> value. Setting the ``type`` of a component drops its other arguments.

    Raises:
        ConfigError: An option contradicts another, or sets a value inside an entry that does not exist.
    """
    nested: dict[str, Any] = {}
    for path, value in options.items():
        _refuse_new_entry(path, raw)
        _insert(nested, path, value)
    return merge(nested, raw)


def _refuse_new_entry(path: str, raw: Mapping[str, Any]) -> None:
    section, _, rest = path.partition(".")
    name, inside, _ = rest.partition(".")
    entries = raw.get(section)
    if section in _BY_NAME and inside and isinstance(entries, Mapping) and name not in entries:
        raise ConfigError(f"option '{path}': there is no '{section}.{name}'. {did_you_mean(name, entries)}")


def _insert(nested: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    current = nested
    for parent in parents:
        current = current.setdefault(parent, {})
        if not isinstance(current, dict):
            raise ConfigError(f"option '{path}': '{parent}' is already set to {current!r} by another option.")
    if last in current:
        raise ConfigError(f"option '{path}': part of it is already set by another option.")
    current[last] = value
