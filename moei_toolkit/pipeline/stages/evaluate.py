"""Judges every policy on every test image, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moei_toolkit.io.json_file import read_object
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.judging.evaluation import Restoring, evaluate_images
from moei_toolkit.pipeline.judging.judge import wants_top2
from moei_toolkit.pipeline.measuring.measurement import read_measurements
from moei_toolkit.pipeline.measuring.measuring import make_measuring
from moei_toolkit.pipeline.measuring.metrics import PROTOCOL_FILE, build_metrics
from moei_toolkit.pipeline.running.stage import StageContext


def run(context: StageContext) -> None:
    """Leave per_image.jsonl, protocol.json and a few pictures of each degradation."""
    config, inputs = context.config, context.inputs
    measured = read_measurements(inputs["measure"])
    protocol = read_object(inputs["measure"] / PROTOCOL_FILE)
    with _restoring(context) as restoring:
        evaluate_images(
            config, inputs, measured, protocol, restoring, context.folder, context.seed, context.log
        )


@contextmanager
def _restoring(context: StageContext) -> Iterator[Restoring | None]:
    """Load networks and images where the config wants something restored anew."""
    config, inputs = context.config, context.inputs
    if not (wants_top2(config) or config.evaluate.pictures):
        yield None
        return
    with Images(inputs["data"]) as images:
        yield Restoring(make_measuring(config, inputs, build_metrics(config)[0]), images)
