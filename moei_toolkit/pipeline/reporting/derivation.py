"""What a report says that follows from rows, config and weights: anyone can derive it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.bench.record import COST_FILE
from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.studies import RESULTS_FILE
from moei_toolkit.evaluation.aggregate import aggregate_csv
from moei_toolkit.evaluation.costs import MeasuredCosts, costs_from
from moei_toolkit.evaluation.results import Facts, derive_results, shown_policies
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.rows import Row, read_rows
from moei_toolkit.evaluation.shift import Home
from moei_toolkit.evaluation.studies import NO_STUDIES, Studies
from moei_toolkit.inference.loading.run import CALIBRATION_FILE, EXPERT_FILE
from moei_toolkit.io.json_file import read_object
from moei_toolkit.io.run_record import RunRecord, stage_folder
from moei_toolkit.io.weights import load_weights
from moei_toolkit.pipeline.chain import BENCH, CALIBRATE, EVALUATE, STUDIES
from moei_toolkit.pipeline.judging.evaluation import ROWS_FILE
from moei_toolkit.pipeline.measuring.metrics import DIRECTION, NOT_COMPUTED, PROTOCOL_FILE
from moei_toolkit.pipeline.reporting.studies_file import STUDIES_FILE, studies_from
from moei_toolkit.report.content import tables_of
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.files import AGGREGATE_FILE, FACTS_FILE, MARKDOWN_FILE, OBJECTIVES_FILE
from moei_toolkit.report.findings import Findings
from moei_toolkit.report.opening import headline_of
from moei_toolkit.report.tables.table import as_markdown
from moei_toolkit.types import expert_stage


@dataclass(frozen=True)
class Derived:
    """What follows from the rows of an evaluation.

    Attributes:
        rows: What it is derived from.
        facts: What the rows do not say.
        found: All the rest.
    """

    rows: Sequence[Row]
    facts: Facts
    found: Findings

    def values(self) -> dict[str, Any]:
        """Return the content of every JSON file of a report, by name."""
        results = self.found.results
        return {
            FACTS_FILE: {**asdict(self.facts), "limits": self.facts.limits.model_dump()},
            RESULTS_FILE: asdict(results),
            OBJECTIVES_FILE: [asdict(objective) for objective in results.objectives],
        }

    def texts(self, contributions: Iterable[Contribution]) -> dict[str, str]:
        """Return the content of every other file of a report but the page, by name.

        Args:
            contributions: What plugins have added, which follows from more than the rows.
        """
        headline = headline_of(self.found)
        markdown = [
            f"# {headline.title}\n",
            f"{headline.finding} {headline.note}\n",
            *map(as_markdown, tables_of(self.found)),
            *(contribution.markdown() for contribution in contributions),
        ]
        return {AGGREGATE_FILE: aggregate_csv(self.rows), MARKDOWN_FILE: "\n".join(markdown)}


def derive_report(
    config: Config,
    folders: Mapping[str, Path],
    evaluated: Path,
    seed: int,
    home: Home | None = None,
) -> Derived:
    """Derive what a report says from the rows in ``evaluated``.

    Args:
        config: Of the run.
        folders: Committed folders of its stages, by name.
        evaluated: What `evaluate_images` left.
        seed: Of the resamples.
        home: What the rows are compared with when they are of other data.

    Raises:
        DataError: If the rows cannot be used.
        CheckpointError: If the weights of an expert are missing or damaged.
    """
    rows = read_rows(evaluated / ROWS_FILE)
    protocol = read_object(evaluated / PROTOCOL_FILE)
    facts = facts_of(config, folders, protocol, seed, home)
    computed = {name: settings for name, settings in protocol.items() if NOT_COMPUTED not in settings}
    found = Findings(
        title=config.report.title,
        results=derive_results(rows, facts),
        decisions=decisions_of(rows),
        gflops=_mean_gflops(rows),
        policies=shown_policies(rows),
        protocols={
            name: {key: value for key, value in settings.items() if key != DIRECTION}
            for name, settings in computed.items()
        },
        directions=facts.higher_is_better,
        not_computed={
            name: settings[NOT_COMPUTED] for name, settings in protocol.items() if NOT_COMPUTED in settings
        },
        threshold=facts.threshold,
        costs=facts.costs,
        subject="" if home is None else home.subject,
        studies=facts.studies,
    )
    return Derived(rows, facts, found)


def facts_of(
    config: Config,
    folders: Mapping[str, Path],
    protocol: Mapping[str, Mapping[str, Any]],
    seed: int,
    home: Home | None,
) -> Facts:
    """Collect what the rows do not say; the arguments are those of `derive_report`."""
    shares = {
        name: load_weights(folders[expert_stage(name)] / EXPERT_FILE)[1]["share"] for name in config.experts
    }
    return Facts(
        seed=seed,
        bins=config.evaluate.bins,
        higher_is_better={
            name: settings[DIRECTION] for name, settings in protocol.items() if NOT_COMPUTED not in settings
        },
        task_of_expert={name: section.task for name, section in config.experts.items()},
        task_of_single={name: section.task for name, section in config.singles.items()},
        expert_shares=shares,
        threshold=read_object(folders[CALIBRATE] / CALIBRATION_FILE)["threshold"],
        limits=config.objectives,
        home=home,
        costs=_costs(config, folders),
        studies=_studies(folders) if home is None and config.studies.files else NO_STUDIES,
    )


def _costs(config: Config, folders: Mapping[str, Path]) -> MeasuredCosts | None:
    if config.bench is None:
        return None
    return costs_from(read_object(folders[BENCH] / COST_FILE), config.bench.max_noise)


def _studies(folders: Mapping[str, Path]) -> Studies:
    return studies_from(read_object(folders[STUDIES] / STUDIES_FILE))


def rows_of_run(folder: Path, record: RunRecord) -> list[Row]:
    """Read the rows of a run, or of an unpacked artifact, whose record was read.

    Raises:
        StoreError: It has not been evaluated.
        DataError: The rows are damaged.
    """
    return read_rows(stage_folder(folder, record, EVALUATE) / ROWS_FILE)


def _mean_gflops(rows: Sequence[Row]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row.policy, []).append(row.cost["gflops"])
    return {policy: float(np.mean(values)) for policy, values in found.items()}
