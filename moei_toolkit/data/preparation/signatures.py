"""What the result of a step depends on, as one hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.data.preparation.checking.inspection import Checks
from moei_toolkit.data.preparation.names import name_below
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.io.hashing import sha256_json


def sign_files(
    scene: Scene, root: Path, checks: Checks, known: Iterable[str], weather: Mapping[str, Any]
) -> str:
    """Return a hash of a scene's files, by name, size and time of change, and of what is done with them.

    Args:
        scene: It has a path.
        root: Files are named relative to this folder.
        checks: What is asked of them.
        known: Degradations whose severity somebody tells.
        weather: Who does, as plain data.
    """
    known = sorted(known)
    degraded = [[file.id, file.degradation, file.level] for file in scene.degraded]
    return sha256_json(
        {
            "toolkit": toolkit_version(),
            "checks": asdict(checks),
            "files": _states(scene, root),
            "degraded": degraded,
            "weather": [known, dict(weather)] if known else [],
        }
    )


def sign_drawing(basis: str | Mapping[str, Any], weather: Mapping[str, Any], draws: int, seed: int) -> str:
    """Return a hash of what is drawn over a scene; ``basis`` says which clean image it has."""
    return sha256_json(
        {
            "toolkit": toolkit_version(),
            "basis": basis if isinstance(basis, str) else dict(basis),
            "weather": dict(weather),
            "draws": draws,
            "seed": seed,
        }
    )


def _states(scene: Scene, root: Path) -> list[list[Any]]:
    paths = {scene.id: scene.path, **{file.id: file.path for file in scene.degraded}}
    return [[name, *_state(path, root)] for name, path in paths.items() if path]


def _state(path: Path, root: Path) -> list[Any]:
    """Return what changes when a file does."""
    name = name_below(root, path)
    try:
        found = path.stat()
    except OSError:
        return [name, None, None]
    return [name, found.st_size, found.st_mtime_ns]
