"""The environment of this process, as the record that goes into an artifact."""

from __future__ import annotations

import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from moei_toolkit.io.environment import git_state, versions


def environment_snapshot() -> dict[str, Any]:
    """Return versions, machine, revision of the source, and the version of every installed distribution.

    It is the same whatever this process has imported.
    """
    found = {
        canonicalize_name(one.name): one.version
        for one in metadata.distributions(path=_where_installed())
        if one.name
    }
    return {**versions(), "git": git_state(), "distributions": dict(sorted(found.items()))}


def _where_installed() -> list[str]:
    """Return where modules are looked for, but for what packages bring for themselves.

    Ray, once imported, adds a folder inside of its own package, with distributions that nobody installed.
    """
    sites = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    return [place for place in sys.path if not sites & set(Path(place).parents)]
