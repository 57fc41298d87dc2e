"""Judges every policy on every test image, one row each."""

from __future__ import annotations

import json

from moei_toolkit.pipeline.evaluation import evaluate_images
from moei_toolkit.pipeline.measurement import read_measurements
from moei_toolkit.pipeline.measuring import PROTOCOL_FILE
from moei_toolkit.pipeline.stage import StageContext


def run(context: StageContext) -> None:
    """Leave per_image.jsonl, protocol.json and a few pictures of each degradation."""
    config, inputs = context.config, context.inputs
    measured = read_measurements(inputs["measure"])
    protocol = json.loads((inputs["measure"] / PROTOCOL_FILE).read_text(encoding="utf-8"))
    evaluate_images(
        config, inputs, measured, protocol, inputs["data"], context.folder, context.seed, context.log
    )
