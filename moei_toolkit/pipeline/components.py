"""Identifies the code of a component without importing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from moei_toolkit.errors import RegistryError
from moei_toolkit.io.hashing import sha256_bytes, sha256_file
from moei_toolkit.plugins import load_plugins


def component_version(kind: str, name: str) -> Mapping[str, str]:
    """Return what identifies the code of a component, for fingerprints.

    A component named by a ``"module:Class"`` string is not imported, so that finding out that nothing has
    to be done needs no torch.

    Args:
        kind: For instance ``"experts"``.
        name: What a config calls it.

    Returns:
        ``provider`` and ``version`` of its distribution, and the ``sha256`` of its source: its module, and
        what lies beside and below it in its package, since a component may lean on any of that.

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
        "sha256": _digest(source, is_packaged="." in entry.target.partition(":")[0]),
    }


def _digest(source: Path, is_packaged: bool) -> str:
    if not is_packaged:  # beside a lone module lies whatever else is installed
        return sha256_file(source)
    folder = source.parent
    digests = {path.relative_to(folder).as_posix(): sha256_file(path) for path in folder.rglob("*.py")}
    return sha256_bytes(json.dumps(digests, sort_keys=True).encode())


def _source(module: str, component: str) -> Path:
    try:
        spec = find_spec(module)
    except Exception as error:  # finding a module imports its parents, and a stranger's may fail in any way
        cause = f"{type(error).__name__}: {error}"
        raise RegistryError(f"{component}: cannot find its module '{module}': {cause}") from error
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise RegistryError(f"{component}: expected its module '{module}' to be a file, found none")
    return Path(spec.origin)
