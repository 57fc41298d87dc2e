"""Judges every policy on every test image, one row each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.metric import Metric
from moei_toolkit.evaluation.rows import EXPERT_PREFIX, Row, write_rows
from moei_toolkit.inference.bundle import load_decider, load_routed
from moei_toolkit.inference.devices import default_device
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.images import write_image
from moei_toolkit.pipeline.stage import StageContext
from moei_toolkit.pipeline.stages.images import Images
from moei_toolkit.pipeline.stages.routes import Routed, restore_along_all, utility_losses
from moei_toolkit.registry import METRICS
from moei_toolkit.types import ACTUAL, DENSE, INPUT, ORACLE, Decision

ROWS_FILE, PROTOCOL_FILE, PICTURES_FOLDER = "per_image.jsonl", "protocol.json", "pictures"


def run(context: StageContext) -> None:
    """Leave per_image.jsonl, protocol.json and a few pictures of each degradation."""
    config = context.config
    device = default_device()
    routed = load_routed(config, context.inputs, device)
    decider = load_decider(config, context.inputs, routed.backbone.descriptor_dim, device)
    losses = utility_losses(config)
    metrics: list[Metric] = [METRICS.build(metric.as_dict()) for metric in config.evaluate.metrics]
    rows: list[Row] = []
    with Images(context.inputs["data"]) as images:
        records = _test_records(images)
        shown = _first_of_each(records, config.report.pictures_per_task)
        with context.log.progress(len(records), "evaluate") as progress:
            for record in records:
                image = restore_along_all(routed, images, record, losses)
                decision = decider.decide(image.g)
                rows += judge(image, decision, metrics)
                if record.id in shown:
                    save_pictures(context.folder / PICTURES_FOLDER / record.id, image, decision)
                progress.advance()
    write_rows(context.folder / ROWS_FILE, rows)
    atomic_write_json(
        context.folder / PROTOCOL_FILE, {metric.name: dict(metric.protocol) for metric in metrics}
    )


def _test_records(images: Images) -> list[Record]:
    records = images.of("test")
    if not records:
        raise DataError("evaluation needs images in split 'test', got none: set data.draws.test")
    return records


def _first_of_each(records: Sequence[Record], count: int) -> set[str]:
    """Return the ids of ``count`` images of each degradation, of different scenes while there are some."""
    chosen = []
    for name in dict.fromkeys(record.degradation for record in records):
        mine = [record for record in records if record.degradation == name]
        one_per_scene = list({record.scene_id: record for record in mine}.values())
        chosen += (one_per_scene + [record for record in mine if record not in one_per_scene])[:count]
    return {record.id for record in chosen}


def judge(image: Routed, decision: Decision, metrics: Sequence[Metric]) -> list[Row]:
    """Return the rows of one image: input, every route, actual and oracle (the expert of least error)."""
    experts = [route for route in image.restored if route != DENSE]
    oracle = min(experts, key=lambda route: image.errors[route])
    policies = {
        INPUT: INPUT,
        DENSE: DENSE,
        **{f"{EXPERT_PREFIX}{name}": name for name in experts},
        ACTUAL: decision.route,
        ORACLE: oracle,
    }
    measured = {
        route: _measure(pixels, image.clean, metrics)
        for route, pixels in {**image.restored, INPUT: image.degraded}.items()
    }
    return [_row(image, policy, route, measured[route], decision) for policy, route in policies.items()]


def _row(image: Routed, policy: str, route: str, measured: Mapping[str, float], decision: Decision) -> Row:
    decided = policy == ACTUAL
    return Row(
        id=image.record.id,
        dataset=image.record.dataset,
        scene_id=image.record.scene_id,
        degradation=image.record.degradation,
        severity=image.record.severity,
        policy=policy,
        route=route,
        metrics=measured,
        error=image.errors[route],
        probabilities=decision.probabilities if decided else {},
        confidence=decision.confidence if decided else 0.0,
        abstained=decided and decision.abstained,
        g_hash=hashlib.sha256(image.g.cpu().numpy().tobytes()).hexdigest()[:16],
    )


def _measure(restored: np.ndarray, clean: np.ndarray, metrics: Sequence[Metric]) -> dict[str, float]:
    planes = restored.transpose(2, 0, 1), clean.transpose(2, 0, 1)
    return {metric.name: metric(*planes) for metric in metrics}


def save_pictures(folder: Path, image: Routed, decision: Decision) -> None:
    """Write input, dense, actual and clean into a folder, with the decision as JSON."""
    pictures = {
        "input": image.degraded,
        "dense": image.restored[DENSE],
        "actual": image.restored[decision.route],
        "clean": image.clean,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in pictures.items():
        write_image(folder / f"{name}.jpg", pixels.transpose(2, 0, 1))
    atomic_write_json(folder / "decision.json", asdict(decision))
