"""How one config updates another: dictionaries merge, everything else is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moei_toolkit.errors import ConfigError

DELETE = "_delete_"
"""Key of a dictionary that replaces the one of the base instead of updating it."""


def merge(child: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` updated by ``child``; neither is changed.

    A dictionary of the child updates the one of the base, with two exceptions: ``_delete_=True`` in it
    replaces the base's, and so does a ``type`` other than the base's, because the arguments of one
    component mean nothing to another. Where the base has a list, a dictionary with digits as keys
    updates its items.

    Args:
        child: What takes precedence.
        base: What is updated.

    Raises:
        ConfigError: The index of a list item is out of range.
    """
    return _merge(child, base, "")


def _merge(child: Mapping[str, Any], base: Mapping[str, Any], path: str) -> dict[str, Any]:
    merged = {} if child.get(DELETE) or _switches_type(child, base) else _plain(base)
    for key, value in child.items():
        if key != DELETE:
            merged[key] = _merge_value(f"{path}.{key}" if path else str(key), value, merged.get(key))
    return merged


def _switches_type(child: Mapping[str, Any], base: Mapping[str, Any]) -> bool:
    return "type" in child and "type" in base and child["type"] != base["type"]


def _merge_value(path: str, value: Any, base: Any) -> Any:
    if not isinstance(value, Mapping):
        return _plain(value)
    if isinstance(base, list | tuple) and value and all(str(index).isdigit() for index in value):
        return _merge_items(path, value, base)
    return _merge(value, base if isinstance(base, Mapping) else {}, path)


def _merge_items(path: str, items: Mapping[str, Any], base: list[Any] | tuple[Any, ...]) -> list[Any]:
    merged = list(base)
    for index, value in items.items():
        if int(index) >= len(merged):
            raise ConfigError(
                f"{path}.{index}: expected an index below {len(merged)}, the length of '{path}'."
            )
        merged[int(index)] = _merge_value(f"{path}.{index}", value, merged[int(index)])
    return merged


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if key != DELETE}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    return value
