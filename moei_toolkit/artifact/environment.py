"""The environment of this process, as the record that goes into an artifact."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from packaging.utils import canonicalize_name

from moei_toolkit.io.environment import git_state, versions


def environment_snapshot() -> dict[str, Any]:
    """Return versions, machine, revision of the source, and the version of every installed distribution."""
    installed = {
        canonicalize_name(found.name): found.version for found in metadata.distributions() if found.name
    }
    return {**versions(), "git": git_state(), "distributions": dict(sorted(installed.items()))}
