"""What a report is made of: what came out of a run, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moei_toolkit.evaluation.costs import MeasuredCosts
from moei_toolkit.evaluation.results import Results
from moei_toolkit.evaluation.routing.decisions import Decisions
from moei_toolkit.evaluation.studies import NO_STUDIES, Studies
from moei_toolkit.report.figures.provenance import MadeStage


@dataclass(frozen=True)
class Findings:
    """What a report is made of, but for pictures.

    Attributes:
        title: Of the report.
        results: Everything derived from the rows.
        decisions: Those behind the results.
        gflops: Policy -> mean over test images of 1e9 operations per image.
        policies: Those that stand for whole systems, in the order of tables.
        protocols: Metric -> how it was measured.
        directions: Metric -> whether higher is better.
        not_computed: Metric -> why it has no values.
        threshold: tau of the abstention.
        costs: What restoring costs in time and memory; None when it was not measured.
        subject: Which run was judged on which data, in a sentence; empty on the run's own test images.
        studies: What was studied beside the run.
    """

    title: str
    results: Results
    decisions: Decisions
    gflops: Mapping[str, float]
    policies: Sequence[str]
    protocols: Mapping[str, Mapping[str, Any]]
    directions: Mapping[str, bool]
    not_computed: Mapping[str, str]
    threshold: float
    costs: MeasuredCosts | None = None
    subject: str = ""
    studies: Studies = NO_STUDIES


@dataclass(frozen=True)
class Origin:
    """Where a run came from.

    Attributes:
        histories: Training -> what it measured on the way.
        stages: In the order in which they were made.
        config: The complete config, as text.
        environment: Versions and machine, as text.
    """

    histories: Mapping[str, Sequence[Mapping[str, float]]]
    stages: Sequence[MadeStage]
    config: str
    environment: str
