"""Evaluates a finished run on data that are not its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.judging import Report
from moei_toolkit.config.sections.studies import ORIGIN_FILE
from moei_toolkit.data.layouts.base import TEST
from moei_toolkit.data.overlap import capture_of, captures_shared
from moei_toolkit.data.records import RECORDS_NAME, Record, read_records
from moei_toolkit.errors import DataError, StoreError
from moei_toolkit.evaluation.quality import judged_weathers
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.evaluation.shift import Home, psnr_at_home
from moei_toolkit.io.atomic import atomic_write_json, fsync_dir, fsync_tree
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.io.run_record import RECORD, read_run, stage_folder
from moei_toolkit.pipeline.chain import DATA, EVALUATE, REPORT, STUDIES, make_chain
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.judging.evaluation import ROWS_FILE, Restoring, evaluate_images
from moei_toolkit.pipeline.measuring.measurement import Along, Measured
from moei_toolkit.pipeline.measuring.measuring import make_measuring, records_of
from moei_toolkit.pipeline.measuring.metrics import build_metrics
from moei_toolkit.pipeline.measuring.resuming import KEPT_FILE, measure_on
from moei_toolkit.pipeline.reporting.origin import origin_of
from moei_toolkit.pipeline.reporting.writing import write_report
from moei_toolkit.pipeline.running.source import source_digest
from moei_toolkit.registration.plugins import load_plugins
from moei_toolkit.types import CLEAN

if TYPE_CHECKING:
    from moei_toolkit.cluster.allocation import Allocation


def evaluate_elsewhere(
    run: Path, data: Path, split: str, out: Path, log: Reporter, allocation: Allocation | None = None
) -> dict[str, Any]:
    """Judge every policy of a run on other data, and leave rows, results and a report in ``out``.

    The ranking of the policies is compared with that on the run's own test images; where the two do not
    agree, what calibrating again would bring is measured. Whether the run has seen these scenes is told too.

    Args:
        run: Folder of a finished run.
        data: Folder of a prepared data set.
        split: Which images of it.
        out: A new or empty folder. It is there whole or not at all; until then, what there is lies beside it
            in ``OUT.partial``, and the next try measures only what was not measured yet.
        log: Told how far it is.
        allocation: Of a cluster whose workers restore and measure the images; this process when None.

    Returns:
        What results.json holds.

    Raises:
        StoreError: The run is not finished, or ``out`` holds something or cannot be written.
        DataError: The data cannot be used.
    """
    config, folders = _finished(run)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(f"{out}: expected a new or empty folder, it holds something. Choose another.")
    subject = f"Run {run.resolve().name} on split {split} of {data.absolute().name}."
    home = _home(folders, data, _judged(data, split), subject)
    title = f"{config.report.title}, judged on {data.absolute().name}"
    # What is published of the run's own data says nothing about others.
    objectives = config.objectives.model_copy(update={"dense_reference_psnr": None})
    titled = config.model_copy(update={"report": Report(title=title), "objectives": objectives})
    with _whole(out) as partial:
        _evaluate(config, folders, data, split, partial, log, allocation)
        origin = origin_of(config, folders)
        atomic_write_json(partial / ORIGIN_FILE, _origin(folders, f"{data.absolute().name} ({split})", home))
        results = write_report(titled, folders, partial, origin, config.seed, partial, load_plugins(), home)
    return asdict(results)


def _origin(folders: dict[str, Path], data: str, home: Home) -> dict[str, Any]:
    return {"stages": _fingerprints(folders), "data": data, "seen": home.seen}


def _fingerprints(folders: dict[str, Path]) -> dict[str, str]:
    return {name: read_manifest(folder).fingerprint for name, folder in folders.items()}


def count_images(run: Path, data: Path, split: str) -> int:
    """Return how many images of other data a run would be judged on.

    Raises:
        StoreError: The run is not finished.
        DataError: The data cannot be used, or the split is empty or holds clean images only.
    """
    _finished(run)
    return len(_judged(data, split))


def _evaluate(
    config: Config,
    folders: dict[str, Path],
    data: Path,
    split: str,
    out: Path,
    log: Reporter,
    allocation: Allocation | None,
) -> None:
    metrics, protocol = build_metrics(config)
    measuring = make_measuring(config, folders, metrics)
    key = {
        "stages": _fingerprints(folders),
        "records": sha256_file(data / RECORDS_NAME),
        "split": split,
        "code": source_digest("moei_toolkit.pipeline.measuring.measuring"),
        "metrics": [metric.as_dict() for metric in config.evaluate.metrics],
    }
    with Images(data) as images:
        records = records_of(images, split, data)
        mixed: dict[str, Along] = {}

        def measure(left: Sequence[Record]) -> Iterator[Measured]:
            if allocation is None:
                return (measuring.along_all(images, record) for record in left)
            from moei_toolkit.pipeline.judging.on_cluster import measure_on_cluster

            return measure_on_cluster(allocation, config, folders, data, left, mixed)

        measured = measure_on(out / KEPT_FILE, key, records, measure, log)
        restoring = Restoring(measuring, images, mixed)
        evaluate_images(config, folders, measured, protocol, restoring, out, config.seed, log)


def _finished(run: Path) -> tuple[Config, dict[str, Path]]:
    """Return the config of a run, and the folders of all stages but its studies and report, in order."""
    record = read_run(run)
    config = validate_config(record.config, str(run / RECORD))
    import_custom(config, str(run / RECORD))
    names = [stage.name for stage in make_chain(config) if stage.name not in (STUDIES, REPORT)]
    return config, {name: stage_folder(run, record, name) for name in names}


def _judged(data: Path, split: str) -> list[Record]:
    """Return the images of a split, some of which are degraded."""
    if not (data / RECORDS_NAME).is_file():
        raise DataError(
            f"{data}: expected a prepared data set, got no {RECORDS_NAME}. tools/prepare_data.py makes one; "
            "the data of a run are one, too."
        )
    with Images(data) as images:
        records = records_of(images, split, data)
    try:
        judged_weathers(record.degradation for record in records)
    except DataError as error:
        raise DataError(f"{data}, split {split!r}: {error}") from error
    return records


def _home(folders: dict[str, Path], data: Path, judged: Sequence[Record], subject: str) -> Home:
    """Return what the run reached on its own test images, of the same weathers where it has some of them."""
    rows = read_rows(folders[EVALUATE] / ROWS_FILE)
    weathers = {record.degradation for record in judged} - {CLEAN}
    own = read_records(folders[DATA] / RECORDS_NAME)
    learnt = (record for record in own if record.split != TEST)
    tested = (record for record in own if record.split == TEST)
    shared = captures_shared(read_records(data / RECORDS_NAME), learnt, tested)
    seen = sum(capture_of(record) in shared for record in judged)
    reason = f"{seen} of {len(judged)} images are of scenes the run has seen" if seen else None
    return Home(psnr_at_home(rows, weathers), reason, subject)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a folder beside ``folder``, which takes its place once the block ends well.

    What an earlier try measured is in it, and nothing else.
    """
    folder = folder.resolve()
    partial = folder.with_name(f"{folder.name}.partial")
    with disk_errors(partial):
        partial.mkdir(parents=True, exist_ok=True)
        for path in partial.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != KEPT_FILE:
                path.unlink()
    yield partial
    with disk_errors(folder):
        (partial / KEPT_FILE).unlink(missing_ok=True)
        fsync_tree(partial)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
        fsync_dir(folder.parent)
