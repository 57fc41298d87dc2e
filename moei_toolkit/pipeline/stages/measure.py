"""Restores every test image along every route, whatever a router will decide."""

from __future__ import annotations

from moei_toolkit.data.layouts.base import TEST
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.measuring.measurement import write_measurements
from moei_toolkit.pipeline.measuring.measuring import make_measuring, measure_images, records_of
from moei_toolkit.pipeline.measuring.metrics import PROTOCOL_FILE, build_metrics
from moei_toolkit.pipeline.running.stage import StageContext


def run(context: StageContext) -> None:
    """Leave measurements.jsonl, the descriptors of the images, and protocol.json."""
    data = context.inputs["data"]
    metrics, protocol = build_metrics(context.config)
    measuring = make_measuring(context.config, context.inputs, metrics)
    with Images(data) as images:
        records = records_of(images, TEST, data)
        write_measurements(context.folder, measure_images(measuring, images, records, context.log))
    atomic_write_json(context.folder / PROTOCOL_FILE, protocol)
