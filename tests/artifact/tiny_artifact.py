"""The folder of a finished run that was never trained: hand-made rows, small weights, a real report."""

from __future__ import annotations

import dataclasses
import json
import platform
from pathlib import Path

import numpy as np
import torch
from config_example import minimal
from row_examples import example
from tiny_run import NETWORK, WEIGHTS, make_backbone, make_expert

from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import RECORDS_NAME, Record, write_records
from moei_toolkit.data.storage.pair_store import STORE_NAME
from moei_toolkit.evaluation.rows import Row, write_rows
from moei_toolkit.inference.loading.run import CALIBRATION_FILE, EXPERT_FILE
from moei_toolkit.io.images.writing import write_image
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.io.weights import save_weights
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.pipeline.judging.judge import judge
from moei_toolkit.pipeline.measuring.measurement import Along, Measured, write_measurements
from moei_toolkit.pipeline.running.run import run_pipeline
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.pipeline.training.chronicle import HISTORY_FILE
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.types import Decision

EXPERTS = {"wet": "rain", "gray": "haze"}
THRESHOLD = 0.58
PROTOCOL = {
    "psnr": {"color": "RGB", "border": 0, "higher_is_better": True},
    "ssim": {"color": "RGB", "border": 0, "higher_is_better": True},
}


def make_config(work_dir: Path, **changes: object) -> Config:
    training = {**minimal()["dense"]["training"], "mix": {"rain": 1.0, "haze": 1.0}}
    adapter = {"type": "adapter", "reduction": 0.5, "top_blocks": 1}
    weather = {"degradation": {"type": "any"}, "loss": {"type": "any"}}
    raw = minimal(
        work_dir=str(work_dir),
        tasks={"rain": weather, "haze": weather},
        backbone={"type": "global_unet", **NETWORK},
        dense={"loss": "task", "training": training},
        experts={
            name: {"expert": adapter, "task": task, "training": training} for name, task in EXPERTS.items()
        },
        views={"overview_size": 16, "probe_size": 16, "probes": 2},
        inference={"tile": 32, "overlap": 8},
        report={"title": "Tiny"},
        **changes,
    )
    return validate_config(raw, "tiny")


def make_finished_run(work_dir: Path, **changes: object) -> Path:
    """Run the chain of a config with stages that write what real ones would."""
    config = make_config(work_dir, **changes)
    made_up = {
        "data": _data,
        "dense": _dense,
        "experts": _expert,
        "utilities": _nothing,
        "router": _router,
        "calibrate": _calibrate,
        "measure": _measure,
        "evaluate": _evaluate,
    }
    stages = [
        dataclasses.replace(stage, run=made_up.get(stage.group, stage.run)) for stage in make_chain(config)
    ]
    store = StageStore(config.store_root)
    run_pipeline(config, stages, store, SilentReporter(), version_of=lambda kind, name: {"version": "1"})
    return work_dir


def records_of_example() -> list[Record]:
    """The records of the images that the example rows are about."""
    images = {row.id: row.degradation for row in example()}
    return [_record(name, degradation, "test") for name, degradation in images.items()]


def _data(context: StageContext) -> None:
    write_records(context.folder / RECORDS_NAME, [*records_of_example(), _record("three", "rain", "train")])
    (context.folder / STORE_NAME).write_bytes(bytes(1000))


def _record(name: str, degradation: str, split: str) -> Record:
    return Record(
        id=name,
        dataset="toy",
        scene_id=name.partition("-")[0],
        split=split,
        path_raw=f"{STORE_NAME}#{name}",
        path_gt=f"{STORE_NAME}#{name}",
        width=8,
        height=8,
        degradation=degradation,
        severity=0.5,
        capture_id=name,
        hash="0" * 64,
        source="generated",
    )


def _dense(context: StageContext) -> None:
    save_weights(context.folder / WEIGHTS["dense"], make_backbone().state_dict(), {})
    _train(context)


def _expert(context: StageContext) -> None:
    expert = make_expert(make_backbone(), seed=context.seed % 7)
    save_weights(context.folder / EXPERT_FILE, expert.state_dict(), {"share": 0.02})
    _train(context)


def _train(context: StageContext) -> None:
    """Leave what only trainings do: a history, and logs that name the machine and the folder."""
    (context.folder / HISTORY_FILE).write_text(
        json.dumps([{"iteration": 1, "psnr": 20.0, "psnr_rain": 20.0}])
    )
    log = context.folder / "logs" / f"events.out.tfevents.1.{platform.node()}.2"
    log.parent.mkdir()
    log.write_text(str(context.folder))


def _nothing(context: StageContext) -> None:
    (context.folder / "cache.json").write_text("{}")


def _router(context: StageContext) -> None:
    torch.manual_seed(1)
    save_weights(context.folder / WEIGHTS["router"], MLPRouter(16, len(EXPERTS)).state_dict(), {})


def _calibrate(context: StageContext) -> None:
    calibration = {"calibrator": {"temperature": 2.0, "at_bound": False}, "threshold": THRESHOLD}
    (context.folder / CALIBRATION_FILE).write_text(json.dumps(calibration))


def measured_of_example() -> list[Measured]:
    """The images of the example rows along every route, each with a descriptor of its own."""
    images: dict[str, list[Row]] = {}
    for row in example():
        images.setdefault(row.id, []).append(row)
    return [
        Measured(
            id=name,
            dataset=mine[0].dataset,
            scene_id=mine[0].scene_id,
            degradation=mine[0].degradation,
            severity=mine[0].severity,
            routes={
                row.route: Along(row.metrics, row.error, row.cost["gflops"])
                for row in mine
                if row.policy in ("input", "dense", *(f"expert.{expert}" for expert in EXPERTS))
            },
            g=torch.full((1, 16), float(number)),
        )
        for number, (name, mine) in enumerate(images.items())
    ]


def rows_as_measured() -> list[Row]:
    """The example rows, each with the hash of its image's descriptor."""
    hashes = {
        image.id: judge(image, Decision("wet", dict.fromkeys(EXPERTS, 0.5), 0.5, False))[0].g_hash
        for image in measured_of_example()
    }
    return [dataclasses.replace(row, g_hash=hashes[row.id]) for row in example()]


def _measure(context: StageContext) -> None:
    write_measurements(context.folder, measured_of_example())


def _evaluate(context: StageContext) -> None:
    reason = f"expected weights in {Path.home()}/.cache/weights.pth"
    protocol = {**PROTOCOL, "lpips": {"not_computed": reason}}
    (context.folder / "protocol.json").write_text(json.dumps(protocol))
    write_rows(context.folder / "per_image.jsonl", rows_as_measured())
    pictures = context.folder / "pictures" / "001"
    pictures.mkdir(parents=True)
    (pictures / "decision.json").write_text(json.dumps({"id": "one-rain-0", "kept": "best"}))
    for version in ("input", "dense", "actual", "clean"):
        write_image(pictures / f"{version}.jpg", np.full((3, 8, 8), 0.5, np.float32))
