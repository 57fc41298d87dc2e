"""Identifies the code of a component without importing it."""

from __future__ import annotations

from collections.abc import Mapping

from moei_toolkit.errors import RegistryError, located
from moei_toolkit.pipeline.source import source_digest
from moei_toolkit.plugins import load_plugins


def component_version(kind: str, name: str) -> Mapping[str, str]:
    """Return what identifies the code of a component, for fingerprints.

    A component named by a ``"module:Class"`` string is not imported, so that finding out that nothing has
    to be done needs no torch.

    Args:
        kind: For instance ``"experts"``.
        name: What a config calls it.

    Returns:
        ``provider`` and ``version`` of its distribution, and the ``sha256`` of its source; see
        :func:`source_digest`.

    Raises:
        RegistryError: The component is unknown, or its source cannot be found.
    """
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
