"""Fingerprints: equal when a stage would compute the same, wherever and whenever it runs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.errors import ConfigError
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.io.hashing import canonical_json, sha256_file, sha256_json
from moei_toolkit.pipeline.running.stage import Stage

ComponentVersion = Callable[[str, str], Mapping[str, str]]
"""Returns what identifies the code of a component, given its kind and name."""


def stage_seed(seed: int, name: str) -> int:
    """Return the seed of a stage, in [0, 2**31): a hash of the run's seed and the stage's name."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def recipe_of(
    stage: Stage, seed: int, inputs: Mapping[str, str], component_version: ComponentVersion
) -> dict[str, Any]:
    """Return everything that the result of a stage depends on, as plain data.

    Args:
        stage: The stage.
        seed: The run's seed.
        inputs: Fingerprint of each input.
        component_version: Looks up the code of a component.

    Raises:
        ConfigError: The stage's section is not plain data.
    """
    recipe = {
        "stage": stage.name,
        "code": stage.code,
        "section": stage.section,
        "files": {path: sha256_file(Path(path)) for path in sorted(set(_files(stage.section)))},
        "inputs": {name: inputs[name] for name in stage.inputs},
        "components": {
            f"{kind}/{name}": dict(component_version(kind, name)) for kind, name in stage.components
        },
        "toolkit": toolkit_version(),
        "seed": stage_seed(seed, stage.name),
    }
    try:
        return dict(json.loads(canonical_json(recipe)))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"stage '{stage.name}': expected its section to be plain data: {error}") from error


def _files(value: Any) -> Iterator[str]:
    """Yield every file that a section names, such as weights: another file may come to lie there."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _files(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _files(inner)
    # Not Path.is_file, which raises where a text is too long to be a path.
    elif isinstance(value, str) and Path(value).suffix and os.path.isfile(value):  # noqa: PTH113
        yield value


def fingerprint_of(recipe: Mapping[str, Any]) -> str:
    """Return the fingerprint of a recipe: 64 hexadecimal digits."""
    return sha256_json(recipe)
