"""Judges every policy on every test image, one row each."""

from __future__ import annotations

from moei_toolkit.pipeline.evaluation import evaluate_images
from moei_toolkit.pipeline.stage import StageContext


def run(context: StageContext) -> None:
    """Leave per_image.jsonl, protocol.json and a few pictures of each degradation."""
    data = context.inputs["data"]
    evaluate_images(context.config, context.inputs, data, "test", context.folder, context.log)
