"""Packs a finished run: all but pixels and pictures, telling nothing of the machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import moei_toolkit
from moei_toolkit.artifact.archive import zip_folder
from moei_toolkit.artifact.environment import environment_snapshot
from moei_toolkit.artifact.layout import (
    CARD,
    CONFIG,
    ENVIRONMENT,
    SCRIPTS,
    SCRIPTS_FOLDER,
    is_left_out,
    is_log,
    stage_folders,
    stage_path,
)
from moei_toolkit.artifact.lineage import file_problems
from moei_toolkit.artifact.model_card import model_card
from moei_toolkit.artifact.places import hide_places, places_of, require_no_places
from moei_toolkit.artifact.sums import write_row_sums, write_sums
from moei_toolkit.config.loader import dump_config, validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import atomic_write_json, atomic_write_text
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.manifest import outputs_of, read_manifest, write_manifest
from moei_toolkit.io.run_record import RECORD, Result, RunRecord, read_run, stage_folder, write_run
from moei_toolkit.pipeline.chain import EVALUATE, REPORT, make_chain
from moei_toolkit.pipeline.judging.evaluation import ROWS_FILE
from moei_toolkit.pipeline.reporting.derivation import derive_report
from moei_toolkit.pipeline.running.fingerprint import fingerprint_of, stage_seed

WORK_DIR = "work_dirs/reproduced"
"""Where the packed config would train, in place of the folder it was trained in."""


def pack_run(work_dir: Path, target: Path) -> None:
    """Write a finished run into a zip, whole or not at all; the same run and environment give the same bytes.

    Raises:
        StoreError: The run is not finished, damaged, or its files tell where it was made; or the disk failed.
        DataError: Its rows cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="moei-artifact-") as name:
        folder = Path(name)
        with disk_errors(folder):
            assemble(work_dir, folder)
        zip_folder(folder, target)


def assemble(work_dir: Path, folder: Path) -> None:
    """Lay a finished run out in an empty folder as its artifact; see `pack_run` for errors.

    Where files name absolute paths, those are replaced, and manifests, recipes and fingerprints follow. The
    page still shows the fingerprints of the store.
    """
    record = read_run(work_dir)
    config = validate_config(record.config, str(work_dir / RECORD))
    sources = {stage.name: stage_folder(work_dir, record, stage.name) for stage in make_chain(config)}
    _copy_stages(sources, folder)
    _write_record(config, {name: record.stages[name].fingerprint for name in sources}, folder)
    hide_places(folder, places_of(config, work_dir))
    config, folders = _renew_manifests(folder)
    derived = derive_report(config, folders, folders[EVALUATE], stage_seed(config.seed, REPORT))
    atomic_write_text(folder / CONFIG, dump_config(config))
    atomic_write_text(folder / CARD, model_card(config, folders, derived))
    atomic_write_json(folder / ENVIRONMENT, environment_snapshot())
    write_row_sums(folders[EVALUATE] / ROWS_FILE, folder)
    _copy_scripts(folder)
    require_no_places(folder)
    write_sums(folder)


def _copy_stages(sources: Mapping[str, Path], folder: Path) -> None:
    problems: list[str] = []
    for stage, source in sources.items():
        manifest = read_manifest(source)
        target = folder / stage_path(stage)
        target.mkdir(parents=True)
        for name in manifest.outputs:
            if not is_left_out(stage, name) and (source / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, target / name)
        kept = {name: output for name, output in manifest.outputs.items() if not is_log(name)}
        write_manifest(target, manifest.model_copy(update={"outputs": kept}))
        problems += file_problems(target, manifest)
    if problems:
        raise StoreError("\n  ".join(["the run is damaged; train again with --from the stage:", *problems]))


def _write_record(config: Config, fingerprints: Mapping[str, str], folder: Path) -> None:
    anywhere = config.model_copy(update={"work_dir": WORK_DIR, "store": None})
    stages = {
        name: Result(folder=stage_path(name), fingerprint=fingerprint)
        for name, fingerprint in fingerprints.items()
    }
    write_run(folder, RunRecord(config=anywhere.model_dump(mode="json"), stages=stages))


def _renew_manifests(folder: Path) -> tuple[Config, Mapping[str, Path]]:
    """Make hashes and fingerprints those of the files as they are now; where none changed, none does."""
    config = validate_config(read_run(folder).config, RECORD)
    folders = stage_folders(folder, config)
    renewed: dict[str, str] = {}
    fingerprints: dict[str, str] = {}
    for name, path in folders.items():
        manifest, there = read_manifest(path), outputs_of(path)
        inputs = {source: renewed.get(old, old) for source, old in manifest.recipe["inputs"].items()}
        recipe = {**manifest.recipe, "inputs": inputs}
        fingerprints[name] = renewed[manifest.fingerprint] = fingerprint_of(recipe)
        outputs = {file: there.get(file, output) for file, output in manifest.outputs.items()}
        changes = {"recipe": recipe, "outputs": outputs, "fingerprint": fingerprints[name]}
        write_manifest(path, manifest.model_copy(update=changes))
    _write_record(config, fingerprints, folder)
    return config, folders


def _copy_scripts(folder: Path) -> None:
    source = Path(moei_toolkit.__file__).parents[1] / SCRIPTS_FOLDER
    (folder / SCRIPTS_FOLDER).mkdir()
    for name in SCRIPTS:
        if not (source / name).is_file():
            raise StoreError(f"{source / name} is missing: run this from a checkout of the toolkit.")
        shutil.copyfile(source / name, folder / SCRIPTS_FOLDER / name)
