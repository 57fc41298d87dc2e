"""Whose code an error arose in."""

from __future__ import annotations

import sys
from importlib import metadata
from itertools import accumulate

from moei_toolkit.frames import last_place_in
from moei_toolkit.registration.plugin_table import KINDS, Provider
from moei_toolkit.registration.plugins import TOOLKIT, load_plugins


def plugin_behind(error: BaseException) -> str:
    """Return the plugin that was at work when an error arose, or called what was; empty where none did.

    Returns:
        Distribution, version and place, such as ``"moei_scale 0.1.0 (expert.py, line 21)"``.
    """
    providers = _providers()
    found = last_place_in(error, providers)
    return f"{providers[found[0]]} ({found[1]})" if found else ""


def blame(error: BaseException) -> str:
    """Return what goes into a message behind what failed: ``", in the plugin ..."``, or nothing."""
    plugin = plugin_behind(error)
    return f", in the plugin {plugin}" if plugin else ""


def _providers() -> dict[str, Provider]:
    """Return who provides components, by the packages that are their own.

    A plugin may offer what lies in the toolkit or in a package of others, whose errors are not its doing.
    """
    table = load_plugins()
    begun = {_package(plugin.module): plugin.provider for plugin in table.with_hook("moei_register")}
    entries = [entry for kind in KINDS for entry in table.entries(kind).values()]
    offered = {_package(entry.path): entry.provider for entry in entries if entry.provider != TOOLKIT}
    shipped = metadata.packages_distributions() if offered.keys() - begun.keys() else {}
    own = {name: who for name, who in offered.items() if who.name in shipped.get(name.partition(".")[0], ())}
    return {name: who for name, who in {**own, **begun}.items() if name != TOOLKIT.name}


def _package(path: str) -> str:
    """Return the package of a module, or of a class in one, ``"package.module:Class"``.

    What several distributions may share, a namespace, is none; it has no file.
    """
    *above, module = accumulate(path.partition(":")[0].split("."), "{}.{}".format)
    return next((name for name in above if not _is_namespace(name)), module)


def _is_namespace(package: str) -> bool:
    return package in sys.modules and getattr(sys.modules[package], "__file__", None) is None
