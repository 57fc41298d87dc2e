"""Which search spaces there are: those of the toolkit, those of plugins, and files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from moei_toolkit.config.problems import config_error
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.config.search_space import SearchSpace
from moei_toolkit.errors import ConfigError, PluginError, did_you_mean
from moei_toolkit.registration.plugin_replies import ask_each
from moei_toolkit.registration.plugin_table import LoadedPlugin, PluginTable

NAMES = ("ablations", "grid")
"""Modules of `moei_toolkit.tuning.spaces`."""
HOOK = "moei_search_spaces"


def find_space(wanted: str, plugins: PluginTable, strict: bool = False) -> SearchSpace:
    """Return a search space.

    Args:
        wanted: Its name, or a Python file that holds its attributes, written like a config file.
        plugins: Asked for spaces of their own.
        strict: Raise where a plugin fails.

    Raises:
        ConfigError: There is no such space, or the file holds no valid one.
        PluginError: If ``strict`` and a plugin fails.
    """
    if wanted.endswith(".py"):
        return read_space({"name": Path(wanted).stem, **read_python_file(Path(wanted))}, wanted)
    spaces = list_spaces(plugins, strict)
    if wanted not in spaces:
        raise ConfigError(
            f"--space: expected a .py file or a name, got {wanted!r}. {did_you_mean(wanted, spaces)}"
        )
    return spaces[wanted]


def list_spaces(plugins: PluginTable, strict: bool = False) -> dict[str, SearchSpace]:
    """Return every space by name; what a plugin has wrong is logged, and left out as a whole."""
    spaces: dict[str, SearchSpace] = {
        name: import_module(f"moei_toolkit.tuning.spaces.{name}").SPACE for name in NAMES
    }
    for _ in ask_each(plugins, HOOK, lambda plugin: spaces.update(_added(plugin, spaces)), strict):
        pass  # a failure has been logged
    return spaces


def read_space(raw: Mapping[str, Any], where: str) -> SearchSpace:
    """Check plain data against what a search space is.

    Args:
        raw: The attributes of a `SearchSpace`.
        where: What they came from, for the error.

    Raises:
        ConfigError: The data does not fit; with one line per problem.
    """
    try:
        return SearchSpace.model_validate(dict(raw))
    except ValidationError as error:
        raise config_error(error, SearchSpace, where) from error


def _added(plugin: LoadedPlugin, known: Mapping[str, SearchSpace]) -> dict[str, SearchSpace]:
    """Return the spaces of a plugin by name; variants of a space that is known are added to it."""
    answer = plugin.hooks.moei_search_spaces()
    found: dict[str, SearchSpace] = {}
    for space in [] if answer is None else answer if isinstance(answer, list) else [answer]:
        if not isinstance(space, SearchSpace):
            raise PluginError(f"expected a SearchSpace, got {type(space).__name__} {space!r}")
        earlier = found.get(space.name) or known.get(space.name)
        found[space.name] = _joined(earlier, space) if earlier else space
    return found


def _joined(first: SearchSpace, second: SearchSpace) -> SearchSpace:
    variants, factors = (*first.variants, *second.variants), {**first.factors, **second.factors}
    raw = {"name": first.name, "about": first.about, "variants": variants, "factors": factors}
    return read_space(raw, f"space {first.name!r}")
