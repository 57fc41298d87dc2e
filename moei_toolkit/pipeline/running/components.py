"""Identifies the code of a component without importing it."""

from __future__ import annotations

from collections.abc import Mapping

from moei_toolkit.errors import RegistryError, located
from moei_toolkit.pipeline.running.source import source_digest
from moei_toolkit.registration.plugin_table import LoadedPlugin
from moei_toolkit.registration.plugins import load_plugins

REPORT_SECTIONS = "report_sections"
"""Kind of a plugin that adds sections to reports: of these, too, a result may depend."""
SECTIONS_HOOK = "moei_report_sections"


def plugins_with_sections() -> tuple[tuple[str, str], ...]:
    """Return the kind and name of every installed plugin that adds sections to reports."""
    return tuple((REPORT_SECTIONS, plugin.id) for plugin in load_plugins().with_hook(SECTIONS_HOOK))


def component_version(kind: str, name: str) -> Mapping[str, str]:
    """Return what identifies the code of a component, for fingerprints.

    A component named by a ``"module:Class"`` string is not imported, so that finding out that nothing has
    to be done needs no torch.

    Args:
        kind: For instance ``"experts"``; or `REPORT_SECTIONS`.
        name: What a config calls it; or the id of a plugin.

    Returns:
        ``provider`` and ``version`` of its distribution, and the ``sha256`` of its source; see
        :func:`source_digest`.

    Raises:
        RegistryError: The component is unknown, or its source cannot be found.
    """
    if kind == REPORT_SECTIONS:
        (plugin,) = (one for one in load_plugins().with_hook(SECTIONS_HOOK) if one.id == name)
        return _plugin_version(plugin)
    entry = load_plugins().entries(kind).get(name)
    if entry is None or not isinstance(entry.target, str):
        from moei_toolkit import registry

        version = registry.component_version(kind, name)
        try:
            return {**version, "sha256": source_digest(registry.registry_of(kind).get(name).__module__)}
        except RegistryError:  # a class of a script: no module that can be located, its file has to do
            return version
    with located(f"{kind} '{name}'"):
        digest = source_digest(entry.target.partition(":")[0])
    return {
        "provider": entry.provider.name,
        "version": entry.provider.version,
        "sha256": digest,
    }


def _plugin_version(plugin: LoadedPlugin) -> Mapping[str, str]:
    version = {"provider": plugin.provider.name, "version": plugin.provider.version}
    try:
        return {**version, "sha256": source_digest(plugin.module)}
    except RegistryError:  # compiled or zipped: its version has to do
        return version
