"""What a forger does: edits a file, and hides it as well as he can."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moei_toolkit.artifact.layout import CARD, stage_folders
from moei_toolkit.artifact.model_card import model_card
from moei_toolkit.artifact.sums import write_row_sums, write_sums
from moei_toolkit.artifact.verification import verify_artifact
from moei_toolkit.config.loader import validate_config
from moei_toolkit.errors import StoreError
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.manifest import outputs_of, read_manifest, write_manifest
from moei_toolkit.io.run_record import read_run
from moei_toolkit.pipeline.reporting.derivation import derive_report
from moei_toolkit.pipeline.running.fingerprint import fingerprint_of, stage_seed

ROWS = "stages/evaluate/per_image.jsonl"


def edit_json(path: Path, edit: Callable[[Any], Any]) -> None:
    value = json.loads(path.read_text())
    edit(value)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def edit_row(folder: Path, image: str, policy: str, edit: Callable[[Any], Any]) -> None:
    rows = [json.loads(line) for line in (folder / ROWS).read_text().splitlines()]
    for row in rows:
        if (row["id"], row["policy"]) == (image, policy):
            edit(row)
    (folder / ROWS).write_text("".join(json.dumps(row, sort_keys=True) + "\n" for row in rows))


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1))


def flip_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def describe_weights(path: Path) -> None:
    """Make the JSON file beside weights fit them."""
    edit_json(path.with_suffix(".json"), lambda value: value.update(sha256=sha256_file(path)))


def cover_up(folder: Path, *, manifests: bool = False, rows: bool = False, card: bool = False) -> None:
    """Compute hashes anew: SHA256SUMS, and on request those in manifests, of rows, and in the card."""
    if manifests:
        for path in (folder / "stages").iterdir():
            manifest, there = read_manifest(path), outputs_of(path)
            outputs = {name: there.get(name, output) for name, output in manifest.outputs.items()}
            write_manifest(path, manifest.model_copy(update={"outputs": {**outputs, **there}}))
    if rows:
        write_row_sums(folder / ROWS, folder)
    if card:
        config = validate_config(read_run(folder).config, "run.json")
        stages = stage_folders(folder, config)
        derived = derive_report(config, stages, stages["evaluate"], stage_seed(config.seed, "report"))
        (folder / CARD).write_text(model_card(config, stages, derived))
    write_sums(folder)


def forge_recipe(folder: Path, stage: str, edit: Callable[[Any], Any]) -> None:
    """Edit the recipe of a stage and hash it anew, in its manifest and in the record."""
    path = folder / "stages" / stage
    manifest = read_manifest(path)
    recipe = json.loads(json.dumps(manifest.recipe))
    edit(recipe)
    fingerprint = fingerprint_of(recipe)
    write_manifest(path, manifest.model_copy(update={"recipe": recipe, "fingerprint": fingerprint}))
    edit_json(folder / "run.json", lambda run: run["stages"][stage].update(fingerprint=fingerprint))


def set_psnr(row) -> None:
    row["metrics"]["psnr"] += 1.0


def complaints(folder) -> str:
    with pytest.raises(StoreError) as caught:
        verify_artifact(folder)
    return str(caught.value)
