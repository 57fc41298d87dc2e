"""What to know of two runs before their images are compared: what differs, and what was not made twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moei_toolkit.artifact.differences import differences
from moei_toolkit.config.loader import validate_config
from moei_toolkit.io.hashing import canonical_json
from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.io.run_record import RECORD, read_run, stage_folder


def kinship(folder: Path, other: Path) -> Iterator[str]:
    """Yield a sentence if the configs of two runs differ, seeds among them, and if they share results.

    Equal images of a stage that was run once, for both, show nothing.

    Args:
        folder: Of a run, or of an unpacked artifact.
        other: The same; its config is what is expected.

    Raises:
        StoreError: One of them is no such folder, or is damaged.
        ConfigError: A recorded config cannot be used.
    """
    if found := [*differences(_config(other), _config(folder))]:
        yield f"the runs have other configs: {'; '.join(found)}"
    ours, theirs = _makings(folder), _makings(other)
    shared = [name for name, making in ours.items() if theirs.get(name) == making]
    if len(shared) == len(ours):
        yield "both are the same run, not one and its repetition: comparing them shows nothing"
    elif shared:
        yield f"not made twice, but one result in both runs: {', '.join(shared)}"


def _config(folder: Path) -> dict[str, Any]:
    config = validate_config(read_run(folder).config, str(folder / RECORD))
    plain: dict[str, Any] = json.loads(canonical_json(config.without_places()))
    del plain["studies"]  # they are beside the run
    return plain


def _makings(folder: Path) -> dict[str, tuple[str, float]]:
    record = read_run(folder)
    return {name: read_manifest(stage_folder(folder, record, name)).making for name in record.stages}
