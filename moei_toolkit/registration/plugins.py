"""Finds plugins, asks them for components, and isolates the ones that fail. Needs neither torch nor mmengine.

Loading a plugin is a transaction: all of its components are taken or none of them, and a failure is recorded
with distribution, version and reason while the others go on.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
from collections.abc import Iterable
from importlib import metadata
from importlib.metadata import EntryPoint

import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from moei_toolkit import __version__, hookspecs
from moei_toolkit.errors import MoeiError, PluginError, did_you_mean
from moei_toolkit.frames import last_place_in, words_of
from moei_toolkit.registration.plugin_table import Entry, LoadedPlugin, PluginState, PluginTable, Provider
from moei_toolkit.registration.stdout import talking_to_stderr

GROUP = "moei_toolkit.plugins"
TOOLKIT = Provider("moei_toolkit", __version__, "built-in")
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("moei_"))
"""What a plugin may implement."""

_MAX_REASON = 300


@functools.cache
def load_plugins() -> PluginTable:
    """Load the built-ins and every installed plugin, once per process, and log each failure.

    Raises:
        PluginError: If a plugin failed and the environment has ``MOEI_STRICT_PLUGINS=1``.
    """
    table = load(discover(), strict=is_strict())
    for state in table.failed:
        logging.getLogger(__name__).warning("%s", state)
    return table


def is_strict() -> bool:
    """Whether ``MOEI_STRICT_PLUGINS`` asks for failures to be fatal."""
    return os.environ.get("MOEI_STRICT_PLUGINS", "0") not in ("", "0")


def discover() -> tuple[EntryPoint, ...]:
    """Return the entry points of every installed plugin, in no particular order."""
    return tuple(metadata.entry_points(group=GROUP))


def load(entry_points: Iterable[EntryPoint], strict: bool = False) -> PluginTable:
    """Load the built-ins, then plugins ordered by distribution and entry point name.

    Args:
        entry_points: The plugins; their order does not matter.
        strict: Raise on the first failure instead of recording it.

    Raises:
        PluginError: If ``strict`` and a plugin fails; the cause is chained.
    """
    table = PluginTable()
    _load_one(table, EntryPoint("builtin", "moei_toolkit.registration.builtin", GROUP), TOOLKIT, strict=True)
    plugins = [(provider_of(entry_point), entry_point) for entry_point in entry_points]
    for provider, entry_point in sorted(plugins, key=lambda plugin: _order(*plugin)):
        _load_one(table, entry_point, provider, strict)
    return table


def provider_of(entry_point: EntryPoint) -> Provider:
    """Return the distribution an entry point belongs to."""
    # Entry points made by hand and damaged dist-info folders lack a distribution, a name or a version.
    about = getattr(entry_point.dist, "metadata", None) or {}
    return Provider(about.get("Name") or "unknown", about.get("Version") or "unversioned", "plugin")


def _order(provider: Provider, entry_point: EntryPoint) -> tuple[str, str, str]:
    return canonicalize_name(provider.name), entry_point.name, entry_point.value


def _load_one(table: PluginTable, entry_point: EntryPoint, provider: Provider, strict: bool) -> None:
    imported_before = frozenset(sys.modules)
    try:
        with talking_to_stderr():
            plugin, offered = _import_plugin(entry_point, provider)
            table.add(offered)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a stranger's code may fail in any way, even by calling sys.exit
        package = entry_point.value.partition(":")[0].partition(".")[0].strip()
        _forget_modules(package, imported_before)
        state = PluginState(
            entry_point.name, provider.name, provider.version, "failed", reason_of(error, package)
        )
        if strict:
            raise PluginError(str(state)) from error
    else:
        state = PluginState(entry_point.name, provider.name, provider.version, "loaded")
        table.keep(plugin)
    table.record(state)


def _import_plugin(entry_point: EntryPoint, provider: Provider) -> tuple[LoadedPlugin, list[Entry]]:
    """Import one plugin, verify its hooks, and return it with what it offers."""
    if entry_point.pattern.match(entry_point.value) is None:
        raise PluginError(f"expected an entry point 'module' or 'module:object', got {entry_point.value!r}")
    plugin = entry_point.load()
    _check_requirement(plugin)
    # A manager of its own, so that a plugin failing halfway leaves nothing behind.
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    _check_hooks(manager, plugin)
    manager.register(plugin, entry_point.name)
    offered: list[Entry] = []

    def register(kind: str, name: str, target: str | type) -> None:
        offered.append(Entry(kind, name, target, provider))

    manager.hook.moei_register(register=register)
    return LoadedPlugin(entry_point.name, provider, entry_point.module, manager.hook), offered


def _check_requirement(plugin: object) -> None:
    requirement = getattr(plugin, "moei_requires", "")
    if not isinstance(requirement, str):
        raise PluginError(f"moei_requires: expected a string such as '>=0.1', got {requirement!r}")
    try:
        accepted = SpecifierSet(requirement)
    except InvalidSpecifier as error:
        raise PluginError(
            f"moei_requires: expected versions such as '>=0.1,<0.2', got {requirement!r}"
        ) from error
    if not accepted.contains(__version__, prereleases=True):
        raise PluginError(f"needs moei_toolkit {requirement}, but this is {__version__}")


def _check_hooks(manager: pluggy.PluginManager, plugin: object) -> None:
    implemented = [name for name in dir(plugin) if _implements_hook(manager, plugin, name)]
    if not implemented:
        raise PluginError(f"implements no hook. {did_you_mean('', HOOKS)}")


def _implements_hook(manager: pluggy.PluginManager, plugin: object, name: str) -> bool:
    """Tell whether an attribute is a hook; a misspelt or unmarked one is refused."""
    options = manager.parse_hookimpl_opts(plugin, name)
    if options is None and not (name.startswith("moei_") and _is_function(plugin, name)):
        return False
    hook = (options and options.get("specname")) or name
    optional = options is not None and options.get("optionalhook", False)
    if hook not in HOOKS and not optional:
        raise PluginError(f"unknown hook {hook!r}. {did_you_mean(hook, HOOKS)}")
    if options is None:
        raise PluginError(f"{name} is not marked with @hookimpl from moei_toolkit.hookspecs")
    return True


def _is_function(plugin: object, name: str) -> bool:
    return inspect.isroutine(inspect.getattr_static(plugin, name, None))


def _forget_modules(package: str, imported_before: frozenset[str]) -> None:
    """Roll back the imports of a failed plugin, so that classes it registered by decorator lapse with it."""
    for module in set(sys.modules) - imported_before:
        if module.partition(".")[0] == package != TOOLKIT.name:
            del sys.modules[module]


def reason_of(error: BaseException, package: str) -> str:
    """Return why a plugin failed, in one line of bounded length, and where in its package."""
    plain = isinstance(error, (MoeiError, pluggy.PluginValidationError))
    said = words_of(error)
    text = " ".join((said if plain else f"{type(error).__name__}: {said}").split())
    found = None if plain else last_place_in(error, {package})
    place = f" ({found[1]})" if found else ""
    room = _MAX_REASON - len(place)
    return (text if len(text) <= room else f"{text[: room - 3]}...") + place
