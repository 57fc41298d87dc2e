"""The checks of an unpacked artifact; each yields a sentence for every problem it finds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moei_toolkit.artifact.contents import content_problems
from moei_toolkit.artifact.differences import (
    csv_difference,
    first_difference,
    markdown_differences,
    text_difference,
)
from moei_toolkit.artifact.layout import CARD, CONFIG, stage_path
from moei_toolkit.artifact.lineage import chain_problems, file_problems
from moei_toolkit.artifact.measured_rows import measurement_problems
from moei_toolkit.artifact.model_card import model_card
from moei_toolkit.artifact.page import page_problems
from moei_toolkit.artifact.row_checks import contradictions
from moei_toolkit.artifact.sums import row_problems, sum_problems
from moei_toolkit.config.loader import dump_config
from moei_toolkit.config.schema import Config
from moei_toolkit.data.layouts.base import TEST
from moei_toolkit.data.records import RECORDS_NAME, read_records
from moei_toolkit.errors import DataError, StoreError
from moei_toolkit.evaluation.quality import require_complete
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.inference.loading.run import CALIBRATION_FILE
from moei_toolkit.io.json_file import read_json, read_object
from moei_toolkit.io.manifest import MANIFEST, read_manifest
from moei_toolkit.io.run_record import RunRecord
from moei_toolkit.io.weights import load_weights
from moei_toolkit.pipeline.chain import CALIBRATE, DATA, EVALUATE, MEASURE, REPORT, make_chain
from moei_toolkit.pipeline.judging.evaluation import ROWS_FILE
from moei_toolkit.pipeline.measuring.measurement import read_measurements
from moei_toolkit.pipeline.reporting.contributions import CONTRIBUTIONS_FILE, read_contributions
from moei_toolkit.pipeline.reporting.derivation import derive_report
from moei_toolkit.pipeline.running.fingerprint import stage_seed
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.files import AGGREGATE_FILE, PAGE_FILE
from moei_toolkit.report.findings import Findings

_GROUP_COLUMNS = 3  # data set, weather and policy name a row of the aggregate


@dataclass(frozen=True)
class Artifact:
    """An unpacked artifact.

    Attributes:
        folder: Where it lies.
        record: Of the run.
        config: The record's, checked.
        stages: Folder of every stage that the config asks for, in order, whether or not it is there.
    """

    folder: Path
    record: RunRecord
    config: Config
    stages: Mapping[str, Path]


Check = Callable[[Artifact], Iterator[str]]


def check_sums(artifact: Artifact) -> Iterator[str]:
    """Compare every file with SHA256SUMS, both ways, and what that lists with what an artifact holds."""
    yield from sum_problems(artifact.folder)
    yield from content_problems(artifact.folder, artifact.stages)


def check_config(artifact: Artifact) -> Iterator[str]:
    """Compare config.py with the record; as text, for it is a program and its maker a stranger."""
    if difference := text_difference(dump_config(artifact.config), _read(artifact.folder / CONFIG)):
        yield f"{CONFIG}: {difference}"


def check_stage_files(artifact: Artifact) -> Iterator[str]:
    """Compare the files of every stage with its manifest, both ways, and weights with what describes them."""
    for name, folder in artifact.stages.items():
        try:
            yield from file_problems(folder, read_manifest(folder))
            for path in sorted(folder.glob("*.safetensors")):
                load_weights(path)
        except StoreError as error:
            yield f"stage {name!r}: {error}"


def check_lineage(artifact: Artifact) -> Iterator[str]:
    """Follow the stages from the config to the report."""
    there = {name: folder for name, folder in artifact.stages.items() if (folder / MANIFEST).is_file()}
    manifests = {name: read_manifest(folder) for name, folder in there.items()}
    yield from chain_problems(artifact.record, artifact.config, manifests)


def check_rows(artifact: Artifact) -> Iterator[str]:
    """Compare every row with its hash, and the rows of an image with each other and with its record."""
    path = artifact.stages[EVALUATE] / ROWS_FILE
    yield from row_problems(path, artifact.folder)
    rows, records = read_rows(path), read_records(artifact.stages[DATA] / RECORDS_NAME)
    require_complete(rows, list(rows[0].metrics) if rows else [])
    threshold = read_object(artifact.stages[CALIBRATE] / CALIBRATION_FILE)["threshold"]
    tested = [record for record in records if record.split == TEST]
    config = artifact.config
    yield from contradictions(
        rows, tested, threshold, config.calibrate.abstention.type, config.evaluate.misrouted
    )


def check_measurements(artifact: Artifact) -> Iterator[str]:
    """Compare every row with what was measured along its route, and its hash with the descriptor."""
    rows = read_rows(artifact.stages[EVALUATE] / ROWS_FILE)
    measured = read_measurements(artifact.stages[MEASURE])
    yield from measurement_problems(rows, measured, list(artifact.config.experts))


def check_derivation(artifact: Artifact) -> Iterator[str]:
    """Derive facts, results, objectives, tables and model card again, and compare, also with the page.

    What plugins have added does not follow from the rows: of that, text and page must say what was kept.
    """
    config, stages, report = artifact.config, artifact.stages, artifact.stages[REPORT]
    derived = derive_report(config, stages, stages[EVALUATE], stage_seed(config.seed, REPORT))
    added = read_contributions(report / CONTRIBUTIONS_FILE)
    problems = [
        *(line for name, value in derived.values().items() for line in _values(value, report / name)),
        *(line for name, text in derived.texts(added).items() for line in _texts(text, report / name)),
        *_texts(model_card(config, stages, derived), artifact.folder / CARD),
        *_page(derived.found, added, report / PAGE_FILE),
    ]
    yield from problems
    made, (ours,) = read_manifest(report), [stage for stage in make_chain(config) if stage.name == REPORT]
    if problems and made.recipe.get("code") != ours.code:
        revision = (made.git or {}).get("revision", "unknown")
        yield f"{stage_path(REPORT)} was written by other code than this: check it with revision {revision}"


CHECKS: Mapping[str, Check] = {
    "every file is listed in SHA256SUMS, is what is listed, and belongs there": check_sums,
    "config.py says what the record of the run says": check_config,
    "every stage holds the files of its manifest": check_stage_files,
    "the recipes of the stages follow from the config and from each other": check_lineage,
    "every row is the one that was packed, and none contradicts another": check_rows,
    "every row but those of Top-2 is what was measured along its route": check_measurements,
    "facts, results, objectives, tables and model card follow from the rows, and the page says the same": (
        check_derivation
    ),
}
"""What holds when a check finds nothing -> the check."""


def _values(expected: Any, path: Path) -> Iterator[str]:
    """Compare what a JSON file should hold with the file."""
    try:
        difference = first_difference(json.loads(json.dumps(expected)), read_json(path))
    except DataError as error:
        yield str(error)
    else:
        yield from [f"{path}: {difference}"] if difference else []


def _texts(expected: str, path: Path) -> Iterator[str]:
    """Compare what a table, or a text with tables, should say with the file."""
    try:
        got = _read(path)
    except DataError as error:
        yield str(error)
        return
    if path.name == AGGREGATE_FILE:
        difference = csv_difference(expected, got, _GROUP_COLUMNS)
        yield from [f"{path}: {difference}"] if difference else []
    else:
        yield from (f"{path}: {line}" for line in markdown_differences(expected, got))


def _page(found: Findings, added: Sequence[Contribution], path: Path) -> Iterator[str]:
    """Compare what the page should show with the file."""
    try:
        yield from (f"{path}: {line}" for line in page_problems(_read(path), found, added))
    except DataError as error:
        yield str(error)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error
