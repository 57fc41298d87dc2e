"""Says in words why a stage has to run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_ABSENT = "nothing"
_MOST = 3
_LONGEST = 60


def explain(recipe: Mapping[str, Any], previous: Mapping[str, Any]) -> str:
    """Return which parts of a recipe differ from an earlier one, in one line; empty when none do."""
    parts = [
        *_sections(recipe, previous),
        *_hashes("file", recipe["files"], previous.get("files", {})),
        *_hashes("input", recipe["inputs"], previous.get("inputs", {})),
        *_components(recipe, previous),
    ]
    if recipe["code"] != previous.get("code"):
        parts.append("code of the stage changed")
    for key, what in (("toolkit", "toolkit"), ("seed", "seed")):
        if recipe[key] != previous.get(key):
            parts.append(f"{what} changed: {previous.get(key)} -> {recipe[key]}")
    return "; ".join(parts)


def _sections(recipe: Mapping[str, Any], previous: Mapping[str, Any]) -> Iterator[str]:
    changes = list(_changes(_flatten(recipe["section"]), _flatten(previous.get("section", {}))))
    if changes:
        more = f" and {len(changes) - _MOST} more" if len(changes) > _MOST else ""
        yield f"section changed: {', '.join(changes[:_MOST])}{more}"


def _changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(new.keys() | old.keys()):
        if new.get(key, _ABSENT) != old.get(key, _ABSENT):
            yield f"{key} {_shorten(old.get(key, _ABSENT))} -> {_shorten(new.get(key, _ABSENT))}"


def _shorten(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, Mapping) or (prefix and not value):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat.update(_flatten(item, f"{prefix}.{key}" if prefix else str(key)))
    return flat


def _hashes(what: str, new: Mapping[str, str], old: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(new.keys() | old.keys()):
        if new.get(name) != old.get(name):
            yield f"{what} {name} changed"


def _components(recipe: Mapping[str, Any], previous: Mapping[str, Any]) -> Iterator[str]:
    new, old = recipe["components"], previous.get("components", {})
    for name in sorted(new.keys() & old.keys()):
        if new[name] != old[name]:
            changed = ", ".join(key for key in new[name] if new[name][key] != old[name].get(key))
            yield f"component {name} changed: {changed}"
    for name in sorted(new.keys() ^ old.keys()):
        yield f"component {name} {'added' if name in new else 'removed'}"
