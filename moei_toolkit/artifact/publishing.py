"""Publishes a finished run as a trained model, in the layout that model hubs expect."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.artifact.hub_card import hub_card
from moei_toolkit.artifact.places import absolute_paths, require_no_places
from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.config.model import FULL, Architecture, DType, Model, Origin
from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import RECORDS_NAME, read_records
from moei_toolkit.errors import StoreError
from moei_toolkit.inference.loading.run import load_run
from moei_toolkit.inference.pretrained.checking import require_equal
from moei_toolkit.inference.pretrained.loading import load_pretrained
from moei_toolkit.inference.pretrained.providers import plugins_of
from moei_toolkit.inference.pretrained.record import CARD, FILES, is_written
from moei_toolkit.inference.pretrained.writing import write_model
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.io.atomic_folder import atomic_folder, require_free_target
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.io.run_record import RECORD, RunRecord, read_run, stage_folder
from moei_toolkit.pipeline.chain import DATA, EVALUATE, REPORT, make_chain
from moei_toolkit.pipeline.reporting.derivation import derive_report
from moei_toolkit.pipeline.running.fingerprint import stage_seed

UNSTATED = "other"
"""What hubs call a licence that they do not know."""


def publish_run(
    work_dir: Path,
    target: Path,
    overwrite: bool = False,
    dtype: DType = FULL,
    licence: str = UNSTATED,
) -> tuple[Model, float]:
    """Write a finished run as a trained model, whole or not at all; the same run gives the same bytes.

    Args:
        work_dir: The run.
        target: Folder of the model.
        overwrite: Replace a model that is there.
        dtype: What weights are stored in.
        licence: Of the weights, as hubs abbreviate it, such as ``"cc-by-4.0"``; the card says it.

    Returns:
        What its ``config.json`` says, and the largest difference of a picture to that of the run, of 1.

    Raises:
        StoreError: If the run is not finished or is damaged, the model would tell where it was made,
            something else is in the way, or the disk failed.
        DataError: If the rows of the run cannot be used.
        ExportError: If the model does not give what the run gives.
    """
    config, record, folders = _require_finished(work_dir)
    _require_free_target(target, overwrite)
    derived = derive_report(config, folders, folders[EVALUATE], stage_seed(config.seed, REPORT))
    with atomic_folder(target) as folder:
        model = write_model(folder, config, folders, _origin(config, record, folders), dtype)
        atomic_write_text(folder / CARD, hub_card(config, folders, derived, model, licence))
        require_no_places(folder)
        difference = require_equal(load_pretrained(folder), load_run(work_dir))
    return model, difference


def planned_model(work_dir: Path, target: Path, overwrite: bool = False) -> list[Path]:
    """Return the files that `publish_run` would write; for the errors see there."""
    _require_finished(work_dir)
    _require_free_target(target, overwrite)
    return [target / name for name in FILES]


def _require_free_target(target: Path, overwrite: bool) -> None:
    require_free_target(target, "trained model", is_written(target), overwrite, FILES)


def _require_finished(work_dir: Path) -> tuple[Config, RunRecord, dict[str, Path]]:
    """Return config, record, and the folder of every stage."""
    record, where = read_run(work_dir), str(work_dir / RECORD)
    config = validate_config(record.config, where)
    import_custom(config, where)
    if found := absolute_paths(Architecture.of(config).model_dump()):
        raise StoreError(
            f"{where}: the model would need {found[0]}, which nobody else has; a run that is published must "
            "not name places of this machine"
        )
    return (
        config,
        record,
        {stage.name: stage_folder(work_dir, record, stage.name) for stage in make_chain(config)},
    )


def _origin(config: Config, record: RunRecord, folders: dict[str, Path]) -> Origin:
    datasets = {found.dataset for found in read_records(folders[DATA] / RECORDS_NAME)}
    return Origin(
        toolkit=toolkit_version(),
        plugins=plugins_of(Architecture.of(config)),
        run=Path(config.work_dir).name,
        title=config.report.title,
        seed=config.seed,
        datasets=tuple(sorted(datasets)),
        stages={stage: record.stages[stage].fingerprint for stage in folders},
    )
