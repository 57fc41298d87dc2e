"""What the result of a step depends on, as one hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.data.preparation.inspection import Checks
from moei_toolkit.data.preparation.names import name_below
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.io.hashing import sha256_json


def sign_files(scene: Scene, root: Path, checks: Checks, storage: str) -> str:
    """Return a hash of a scene's files, by name, size and time of change, and of what is done with them."""
    clean = [[scene.id, *_state(scene.path, root)]] if scene.path else []
    degraded = [[file.id, *_state(file.path, root), file.degradation, file.level] for file in scene.degraded]
    return sha256_json(
        {
            "toolkit": toolkit_version(),
            "root": str(root.resolve()) if storage == "files" else None,
            "checks": asdict(checks),
            "storage": storage,
            "files": [*clean, *degraded],
        }
    )


def sign_drawing(
    basis: str | Mapping[str, Any], weather: Mapping[str, Any], draws: int, seed: int, storage: str
) -> str:
    """Return a hash of what is drawn over a scene; ``basis`` is what its clean image depends on."""
    return sha256_json(
        {
            "toolkit": toolkit_version(),
            "basis": basis if isinstance(basis, str) else dict(basis),
            "weather": dict(weather),
            "draws": draws,
            "seed": seed,
            "storage": storage,
        }
    )


def _state(path: Path, root: Path) -> list[Any]:
    """Return what changes when a file does."""
    name = name_below(root, path)
    try:
        found = path.stat()
    except OSError:
        return [name, None, None]
    return [name, found.st_size, found.st_mtime_ns]
