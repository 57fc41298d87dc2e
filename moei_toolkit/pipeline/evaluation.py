"""Judges the images of a split, and leaves rows, what they were measured by, and pictures to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moei_toolkit.config.component import Component
from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import Record
from moei_toolkit.errors import ConfigError, DataError, WeightsMissingError
from moei_toolkit.evaluation.extremes import pick_extremes
from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.evaluation.rows import Row, by_policy, write_rows
from moei_toolkit.inference.bundle import load_decider, load_rivals, load_runtime
from moei_toolkit.inference.devices import default_device
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.images import write_image
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.judge import Judge, Shown
from moei_toolkit.pipeline.stages.images import Images
from moei_toolkit.pipeline.stages.routes import utility_losses
from moei_toolkit.registry import METRICS
from moei_toolkit.types import ACTUAL, DENSE

ROWS_FILE, PROTOCOL_FILE = "per_image.jsonl", "protocol.json"
PICTURES_FOLDER, DECISION_FILE = "pictures", "decision.json"
DIRECTION = "higher_is_better"
"""Key of a metric's direction, beside its protocol."""
NOT_COMPUTED = "not_computed"
"""Key of the reason, in place of a metric's protocol, why that metric has no values."""


def evaluate_images(
    config: Config, folders: Mapping[str, Path], data: Path, split: str, out: Path, log: Reporter
) -> None:
    """Leave per_image.jsonl, protocol.json and a few pictures of each degradation in ``out``.

    Args:
        config: Of the run.
        folders: Committed folders of its stages, by name.
        data: Folder of a prepared data set.
        split: Which images of it.
        out: An existing folder.
        log: Told how far it is.

    Raises:
        DataError: If the split is empty.
        MoeiError: If a result of the run cannot be used.
    """
    device = default_device()
    runtime = load_runtime(config, folders, device)
    decider = load_decider(config, folders, runtime.backbone.descriptor_dim, device)
    rivals = load_rivals(config, folders, runtime.backbone)
    metrics, protocol = build_metrics(config)
    judge = Judge(runtime.wearing(rivals), decider, utility_losses(config), metrics)
    with Images(data) as images:
        records = records_of(images, split, data)
        rows: list[Row] = []
        with log.progress(len(records), "evaluate") as progress:
            for record in records:
                rows += judge.judge(images, record)
                progress.advance()
        names = _worth_seeing(rows)
        chosen = [record for record in records if record.id in names]
        for number, record in enumerate(chosen, start=1):
            # Ids are a stranger's: they may hold slashes and dots, or be longer than a name of a file.
            folder = out / PICTURES_FOLDER / f"{number:03d}"
            save_pictures(folder, judge.show(images, record), record.id, names[record.id])
    write_rows(out / ROWS_FILE, rows)
    atomic_write_json(out / PROTOCOL_FILE, protocol)


def build_metrics(config: Config) -> tuple[list[Metric], dict[str, dict[str, Any]]]:
    """Return the metrics that can be computed here, and the protocol of every one that was asked for.

    Instead of a protocol, a metric whose weights are not there has the reason under ``not_computed``.

    Raises:
        ConfigError: If two metrics have the same name.
    """
    metrics: list[Metric] = []
    protocol: dict[str, dict[str, Any]] = {}
    for component in config.evaluate.metrics:
        try:
            metric: Metric = METRICS.build(component.as_dict())
        except WeightsMissingError as error:
            protocol[_label(component)] = {NOT_COMPUTED: str(error)}
            continue
        if metric.name in protocol:
            raise ConfigError(f"expected metrics of different names, got {metric.name!r} twice")
        metrics.append(metric)
        protocol[metric.name] = {**metric.protocol, DIRECTION: metric.higher_is_better}
    return metrics, protocol


def _label(component: Component) -> str:
    """Return what a metric is called that could not be built: its type and its options."""
    options = {name: value for name, value in component.as_dict().items() if name not in ("type", "weights")}
    shown = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"{component.type} ({shown})" if shown else component.type


def records_of(images: Images, split: str, data: Path) -> list[Record]:
    """Return the records of a split of the data in a folder.

    Raises:
        DataError: If there are none.
    """
    records = images.of(split)
    if not records:
        splits = sorted({record.split for record in images.records})
        raise DataError(
            f"{data}: expected images in split {split!r}, got none; there is "
            f"{', '.join(splits) or 'nothing'}. "
            "When a run prepares the data, data.draws.test says how many test images it makes."
        )
    return records


def _worth_seeing(rows: Sequence[Row]) -> dict[str, str]:
    """Return id -> "best", "median" or "worst" of every degradation, by the gain of MoE-I over dense."""
    judged = by_policy(rows)
    gains = [
        (row.id, row.degradation, row.metrics["psnr"] - judged[row.id, DENSE].metrics["psnr"])
        for row in rows
        if row.policy == ACTUAL
    ]
    return {image: name for found in pick_extremes(gains).values() for image, name in found.named().items()}


def save_pictures(folder: Path, shown: Shown, image: str, name: str) -> None:
    """Write the versions of an image into a folder, with its id and the decision as JSON.

    Args:
        folder: Made if it is not there.
        shown: The image.
        image: Its id.
        name: What it is kept as, for instance ``"best"``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for version, pixels in shown.pictures.items():
        write_image(folder / f"{version}.jpg", pixels.transpose(2, 0, 1))
    atomic_write_json(folder / DECISION_FILE, {"id": image, "kept": name, **asdict(shown.decision)})
