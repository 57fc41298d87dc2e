"""Options of the command line that change a config: ``router.beta=50``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from moei_toolkit.config.merge import merge
from moei_toolkit.errors import ConfigError, did_you_mean

_WORDS = {"true": True, "false": False, "none": None}
_BY_NAME = ("tasks", "experts")


def parse_options(texts: Iterable[str]) -> dict[str, Any]:
    """Return the options in texts such as ``router.beta=50`` or ``store=shared/stages``.

    A value is a Python literal (``1e-4``, ``(0.9, 0.99)``, ``dict`` in braces), true, false, none, or else
    a text.

    Raises:
        ConfigError: A text has no ``=``, or nothing before it.
    """
    options = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ConfigError(f"option {text!r}: expected KEY=VALUE, for instance router.beta=50.")
        options[key] = _parse_value(value)
    return options


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


def _parse_value(text: str) -> Any:
    if text.strip().lower() in _WORDS:
        return _WORDS[text.strip().lower()]
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text


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
