"""Evaluates a finished run on data that are not its own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import StoreError
from moei_toolkit.evaluation.quality import macro_psnr
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.io.run_record import RECORD, read_run, stage_folder
from moei_toolkit.pipeline.chain import EVALUATE, REPORT, make_chain
from moei_toolkit.pipeline.evaluation import ROWS_FILE, evaluate_images, records_of
from moei_toolkit.pipeline.origin import origin_of
from moei_toolkit.pipeline.reporting import write_report
from moei_toolkit.pipeline.stages.images import Images


def evaluate_elsewhere(run: Path, data: Path, split: str, out: Path, log: Reporter) -> dict[str, Any]:
    """Judge every policy of a run on other data, and leave rows, results and a report in ``out``.

    The ranking of the policies is compared with that on the run's own test images; where the two do not
    agree, what calibrating again would bring is measured.

    Args:
        run: Folder of a finished run.
        data: Folder of a prepared data set.
        split: Which images of it.
        out: A new or empty folder.
        log: Told how far it is.

    Returns:
        What results.json holds.

    Raises:
        StoreError: The run is not finished, or ``out`` holds something.
        DataError: The data cannot be used.
    """
    config, folders = _finished(run)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(f"{out}: expected a new or empty folder, it holds something. Choose another.")
    count_images(run, data, split)
    out.mkdir(parents=True, exist_ok=True)
    evaluate_images(config, folders, data, split, out, log)
    home = macro_psnr(read_rows(folders[EVALUATE] / ROWS_FILE))
    return asdict(write_report(config, folders, out, origin_of(config, folders), config.seed, out, home))


def count_images(run: Path, data: Path, split: str) -> int:
    """Return how many images of other data a run would be judged on.

    Raises:
        StoreError: The run is not finished.
        DataError: The data cannot be used, or the split is empty.
    """
    _finished(run)
    with Images(data) as images:
        return len(records_of(images, split, data))


def _finished(run: Path) -> tuple[Config, dict[str, Path]]:
    """Return the config of a run, and the folders of all stages but its report, in order."""
    record = read_run(run)
    config = validate_config(record.config, str(run / RECORD))
    import_custom(config, str(run / RECORD))
    names = [stage.name for stage in make_chain(config) if stage.name != REPORT]
    return config, {name: stage_folder(run, record, name) for name in names}
