"""Where a run came from, for its report: how it was trained, from what, with what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from moei_toolkit.config.render import render
from moei_toolkit.config.schema import Config
from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.pipeline.training.chronicle import read_history
from moei_toolkit.report.figures.provenance import MadeStage
from moei_toolkit.report.findings import Origin


def origin_of(config: Config, folders: Mapping[str, Path]) -> Origin:
    """Collect the origin of a run from the committed folders of its stages, by name and in order.

    Raises:
        StoreError: A manifest is missing or damaged.
        CheckpointError: A training has no history.
    """
    manifests = {name: read_manifest(folder) for name, folder in folders.items()}
    last = list(manifests.values())[-1]
    return Origin(
        histories={name: read_history(folders[name]) for name in ("dense", *config.worn)},
        stages=[
            MadeStage(name, manifest.fingerprint, manifest.seconds, list(manifest.recipe["inputs"]))
            for name, manifest in manifests.items()
        ],
        config=render(config.without_places()),
        environment=json.dumps({"versions": last.versions, "source": last.git}, indent=2, default=dict),
    )
