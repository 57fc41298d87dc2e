"""Turns rows into a summary, tables and one page; reads nothing but rows, histories and the calibration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.comparison import Comparison, compare_policies
from moei_toolkit.evaluation.rows import Row, read_rows
from moei_toolkit.evaluation.severity import by_severity
from moei_toolkit.evaluation.summary import expert_gains, outcomes_of, summarize_rows
from moei_toolkit.inference.bundle import CALIBRATION_FILE
from moei_toolkit.io.atomic import atomic_write_json, atomic_write_text
from moei_toolkit.pipeline.chain import expert_stage
from moei_toolkit.pipeline.main import SUMMARY_FILE
from moei_toolkit.pipeline.stage import StageContext
from moei_toolkit.pipeline.stages.chronicle import read_history
from moei_toolkit.pipeline.stages.evaluate import PICTURES_FOLDER, PROTOCOL_FILE, ROWS_FILE
from moei_toolkit.report.figures import reliability_and_coverage, training_curves
from moei_toolkit.report.page import Strip, render_page
from moei_toolkit.report.tables import (
    NAMES,
    Table,
    as_markdown,
    comparison_table,
    decision_table,
    quality_table,
    severity_table,
)
from moei_toolkit.types import ACTUAL, DENSE, INPUT, ORACLE

_DIGITS = {"psnr": 2, "psnr_y": 2}


def run(context: StageContext) -> None:
    """Leave summary.json, report.html and report.md."""
    config, evaluated = context.config, context.inputs["evaluate"]
    rows = read_rows(evaluated / ROWS_FILE)
    protocol = _read_json(evaluated / PROTOCOL_FILE)
    threshold = _read_json(context.inputs["calibrate"] / CALIBRATION_FILE)["threshold"]
    task_of_expert = {name: section.task for name, section in config.experts.items()}
    summary = summarize_rows(rows, task_of_expert, config.evaluate.bins)
    gains = expert_gains(rows, task_of_expert)
    comparisons = _comparisons(rows, context.seed)
    tables = [
        *(quality_table(summary, metric, _DIGITS.get(metric, 4), protocol[metric]) for metric in protocol),
        comparison_table(comparisons),
        severity_table(by_severity(rows, (INPUT, DENSE, ACTUAL, ORACLE), "psnr")),
        decision_table(summary, gains, threshold),
    ]
    histories = {stage: read_history(context.inputs[stage]) for stage in _trainings(context)}
    strips = _strips(evaluated / PICTURES_FOLDER, rows)
    intro = _intro(summary)
    over_dense = (
        comparisons
        if isinstance(comparisons, str)
        else {name: asdict(found) for name, found in comparisons.items()}
    )
    atomic_write_json(
        context.folder / SUMMARY_FILE,
        {**summary, "over_dense": over_dense, "expert_gains": gains, "threshold": threshold},
    )
    outcomes = outcomes_of(rows)
    figures = [
        reliability_and_coverage(outcomes.confidence, outcomes.right, config.evaluate.bins),
        training_curves(histories),
    ]
    page = render_page(config.report.title, intro, tables, figures, strips)
    atomic_write_text(context.folder / "report.html", page)
    atomic_write_text(context.folder / "report.md", _markdown(config.report.title, intro, tables))


def _comparisons(rows: Sequence[Row], seed: int) -> dict[str, Comparison] | str:
    """Return MoE-I against dense, or why they cannot be compared on these images."""
    try:
        return compare_policies(rows, ACTUAL, DENSE, "psnr", np.random.default_rng(seed))
    except DataError as error:
        return str(error)


def _trainings(context: StageContext) -> list[str]:
    return ["dense", *map(expert_stage, context.config.experts)]


def _intro(summary: Mapping[str, Any]) -> str:
    macro, images = summary["macro"], summary["images"]
    counted = ", ".join(f"{count} {name}" for name, count in images.items())
    return (
        f"Macro PSNR {macro[INPUT]['psnr']:.2f} dB degraded, {macro[DENSE]['psnr']:.2f} dB dense, "
        f"{macro[ACTUAL]['psnr']:.2f} dB MoE-I, on test images: {counted}."
    )


def _strips(folder: Path, rows: Sequence[Row]) -> list[Strip]:
    measured = {(row.id, row.policy): row for row in rows}
    shown = (("input", INPUT), ("dense", DENSE), ("actual", ACTUAL))
    strips = []
    for image in sorted(path for path in folder.glob("*") if path.is_dir()):
        actual = measured[image.name, ACTUAL]
        pictures = [
            (
                f"{NAMES.get(policy, policy)}, {measured[image.name, policy].metrics['psnr']:.2f} dB",
                image / f"{file}.jpg",
            )
            for file, policy in shown
        ]
        title = f"{image.name}: route {actual.route}, confidence {actual.confidence:.2f}"
        strips.append(Strip(title, [*pictures, ("clean", image / "clean.jpg")]))
    return strips


def _markdown(title: str, intro: str, tables: Sequence[Table]) -> str:
    return "\n".join([f"# {title}\n", f"{intro}\n", *map(as_markdown, tables)])


def _read_json(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
