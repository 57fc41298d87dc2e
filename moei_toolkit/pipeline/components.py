"""Identifies the code of a component without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from moei_toolkit.errors import RegistryError
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.plugins import load_plugins


def component_version(kind: str, name: str) -> Mapping[str, str]:
    """Return what identifies the code of a component, for fingerprints.

    A component named by a ``"module:Class"`` string is not imported, so that finding out that nothing has
    to be done needs no torch.

    Args:
        kind: For instance ``"experts"``.
        name: What a config calls it.

    Returns:
        ``provider`` and ``version`` of its distribution, and the ``sha256`` of its source file.

    Raises:
        RegistryError: The component is unknown, or its source cannot be found.
    """
    entry = load_plugins().entries(kind).get(name)
    if entry is None or not isinstance(entry.target, str):
        from moei_toolkit import registry

        return registry.component_version(kind, name)
    source = _source(entry.target.partition(":")[0], f"{kind} '{name}'")
    return {
        "provider": entry.provider.name,
        "version": entry.provider.version,
        "sha256": sha256_file(source),
    }


def _source(module: str, component: str) -> Path:
    try:
        spec = find_spec(module)
    except ImportError as error:
        raise RegistryError(f"{component}: cannot find its module '{module}': {error}") from error
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise RegistryError(f"{component}: expected its module '{module}' to be a file, found none")
    return Path(spec.origin)
