"""Turns the rows of the test images into results, tables, objectives and one page."""

from __future__ import annotations

from moei_toolkit.pipeline.reporting.origin import origin_of
from moei_toolkit.pipeline.reporting.writing import write_report
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.registration.plugins import load_plugins


def run(context: StageContext) -> None:
    """Leave results.json, facts.json, objectives.json, per_policy.csv, report.html and report.md.

    What plugins have added is in contributions.json too.
    """
    config, inputs = context.config, context.inputs
    origin = origin_of(config, inputs)
    write_report(config, inputs, inputs["evaluate"], origin, context.seed, context.folder, load_plugins())
