"""Whether the stages of an artifact are whole, follow from each other, and follow from its config."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from moei_toolkit.artifact.differences import first_difference
from moei_toolkit.artifact.layout import is_left_out, stage_path
from moei_toolkit.config.schema import Config
from moei_toolkit.io.hashing import canonical_json
from moei_toolkit.io.manifest import MANIFEST, Manifest, outputs_of
from moei_toolkit.io.run_record import RECORD, RunRecord
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.pipeline.running.fingerprint import fingerprint_of, stage_seed
from moei_toolkit.pipeline.running.stage import Stage


def file_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield every file of a stage that is missing, added, or not what the manifest says."""
    there = outputs_of(folder)
    for name in sorted(manifest.outputs.keys() | there.keys()):
        path = f"{stage_path(manifest.stage)}/{name}"
        if name not in manifest.outputs:
            yield f"{path} is not in the stage's {MANIFEST}"
        elif name not in there:
            if not is_left_out(manifest.stage, name):
                yield f"{path} is missing"
        elif there[name] != manifest.outputs[name]:
            yield f"{path} is not what the stage's {MANIFEST} says: expected {_shown(manifest, name)}"


def chain_problems(record: RunRecord, config: Config, manifests: Mapping[str, Manifest]) -> Iterator[str]:
    """Yield what does not fit together: record, config, and the recipes of the stages.

    Args:
        record: Of the run.
        config: The record's, checked.
        manifests: Of those stages of the config that could be read.
    """
    stages = {stage.name: stage for stage in make_chain(config)}
    for name in sorted(stages.keys() ^ record.stages.keys()):
        yield f"{RECORD}: stage {name!r} is {'missing' if name in stages else 'none of the config'}"
    for name in sorted(manifests.keys() & record.stages.keys()):
        result, manifest = record.stages[name], manifests[name]
        if result.folder != stage_path(name):
            yield f"{RECORD}: stages.{name}.folder: expected {stage_path(name)!r}, got {result.folder!r}"
        if result.fingerprint != manifest.fingerprint:
            yield f"{RECORD}: stages.{name}.fingerprint is not that of the stage's {MANIFEST}"
    for name, manifest in manifests.items():
        found = _recipe(stages[name], manifest, manifests, config)
        yield from (f"{stage_path(name)}/{MANIFEST}: {line}" for line in found)


def _recipe(
    stage: Stage, manifest: Manifest, manifests: Mapping[str, Manifest], config: Config
) -> Iterator[str]:
    if manifest.fingerprint != fingerprint_of(manifest.recipe):
        yield "the fingerprint is not the hash of the recipe"
    expected = {
        "stage": stage.name,
        "seed": stage_seed(config.seed, stage.name),
        "inputs": {name: manifests[name].fingerprint for name in stage.inputs if name in manifests},
        "section": json.loads(canonical_json(stage.section)),
    }
    for part, value in expected.items():
        if difference := first_difference(value, manifest.recipe.get(part), f"recipe.{part}"):
            yield f"{difference}; expected is what config and inputs say"


def _shown(manifest: Manifest, name: str) -> str:
    output = manifest.outputs[name]
    return f"{output.bytes} bytes of SHA-256 {output.sha256[:12]}..."
