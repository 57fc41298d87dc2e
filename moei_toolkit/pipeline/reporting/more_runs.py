"""More runs of the same config, with the same seed or with others, beside the run itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.reruns import compare_runs, other_pictures, unmatched_images
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.seeds import SeededRun, judge_seed
from moei_toolkit.evaluation.studies import Repetition
from moei_toolkit.io.manifest import Manifest, read_manifest
from moei_toolkit.io.run_record import RECORD, read_run, stage_folder
from moei_toolkit.pipeline.chain import DATA, EVALUATE
from moei_toolkit.pipeline.reporting.derivation import rows_of_run
from moei_toolkit.pipeline.running.store import damage

_CODE = ("code", "components", "toolkit")
"""Of a recipe: what computed the stage."""

_BESIDE = frozenset({"bench", "objectives", "report", "studies"})
"""Sections of a config that change nothing in the rows."""


@dataclass(frozen=True)
class _Run:
    stages: Mapping[str, Manifest]
    seed: int
    rows: Sequence[Row]


def repetition_in(
    folder: Path, config: Config, rows: Sequence[Row], stages: Mapping[str, Manifest]
) -> Repetition:
    """Compare a run with a second one of the same config and seed.

    Args:
        folder: Of the second run.
        config: Of the run.
        rows: Of the run.
        stages: Name -> manifest of what the run made.

    Raises:
        StoreError: The folder is no run, or not a finished one.
        DataError: It is this run, one of another config, of other code or over other images, or its rows are
            not those it was made with.
    """
    key = "studies.repetition"
    other = _read(key, folder, config, rows, stages, free=_BESIDE)
    if changed := other_pictures(rows, other.rows):
        raise DataError(
            f"{key}: {folder} was tested on other images: {len(changed)}, such as {changed[0]!r}, were "
            "degraded otherwise. Make both runs over the same data."
        )
    shared = [
        name for name, one in stages.items() if name != DATA and one.making == other.stages[name].making
    ]
    return Repetition(compare_runs(rows, other.rows), shared)


def spread_over(
    folders: Sequence[Path], config: Config, rows: Sequence[Row], stages: Mapping[str, Manifest]
) -> list[SeededRun]:
    """Return what a run and those of other seeds came to, or nothing where there are no others.

    Args:
        folders: Of the others.
        config: Of the run.
        rows: Of the run.
        stages: Name -> manifest of what the run made.

    Raises:
        StoreError: A folder is no run, or not a finished one.
        DataError: See `repetition_in`; or a seed comes twice.
    """
    key, runs = "studies.other_seeds", [judge_seed(config.seed, rows)] if folders else []
    for folder in folders:
        other = _read(key, folder, config, rows, stages, free=_BESIDE | {"seed"})
        if other.seed in (run.seed for run in runs):
            raise DataError(
                f"{key}: expected every run to have another seed, got {other.seed} again in {folder}."
            )
        runs.append(judge_seed(other.seed, other.rows))
    return runs


def _read(
    key: str,
    folder: Path,
    config: Config,
    rows: Sequence[Row],
    stages: Mapping[str, Manifest],
    free: Collection[str],
) -> _Run:
    """Read a run of the same code and config, but for the sections ``free``, over the same images."""
    if folder.resolve() == Path(config.work_dir).resolve():
        raise DataError(f"{key}: expected another run, got {folder}, which is this one.")
    record = read_run(folder)
    other = validate_config(record.config, str(folder / RECORD))
    ours, theirs = config.without_places(), other.without_places()
    if different := sorted(name for name in ours if name not in free and ours[name] != theirs[name]):
        wanted = "config" if "seed" in free else "config and seed"
        raise DataError(
            f"{key}: expected a run of the same {wanted}, got {folder}, which has another "
            f"{', '.join(different)}."
        )
    made = {name: read_manifest(stage_folder(folder, record, name)) for name in stages}
    for name, manifest in stages.items():
        if _code(manifest) != _code(made[name]):
            raise DataError(
                f"{key}: expected a run of the same code, got {folder}, whose stage {name!r} another version "
                "of the toolkit or of its components made. Make it again, with the code as it is now."
            )
    if damaged := [*damage(stage_folder(folder, record, EVALUATE))]:
        raise DataError(f"{key}: {damaged[0]}.")
    found = rows_of_run(folder, record)
    if unmatched := unmatched_images(rows, found):
        raise DataError(f"{key}: {folder} was tested on other images: {unmatched[0]}.")
    return _Run(made, other.seed, found)


def _code(manifest: Manifest) -> list[Any]:
    return [manifest.recipe[part] for part in _CODE]
