"""Keeps the record of a run, and its links, in step with the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moei_toolkit.config.schema import Config
from moei_toolkit.errors import StoreError
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.io.run_record import RECORD, Rerun, Result, RunRecord, read_run, write_run
from moei_toolkit.pipeline.running.execute import StageResult
from moei_toolkit.pipeline.running.links import link_stage, relative, unlink_stage
from moei_toolkit.pipeline.running.plan import PlannedStage


def previous_record(work_dir: Path, config: Config, reporter: Reporter) -> RunRecord:
    """Return the record in the run's folder, or an empty one when there is none that can be read."""
    if (work_dir / RECORD).exists():
        try:
            return read_run(work_dir)
        except StoreError as error:
            reporter.info(f"{error} Going on without it: the results themselves are in the store.")
    return RunRecord(config=config.model_dump(mode="json"))


def current_record(record: RunRecord, plan: Sequence[PlannedStage], config: Config) -> RunRecord:
    """Return the record under the present config; what no longer counts is in its ``outdated``."""
    fingerprints = {planned.name: planned.fingerprint for planned in plan}
    results = {name: result for name, result in _all(record).items() if name in fingerprints}
    current = {name for name, result in results.items() if result.fingerprint == fingerprints[name]}
    return RunRecord(
        config=config.model_dump(mode="json"),
        stages={name: results[name] for name in fingerprints if name in current},
        outdated={name: results[name] for name in results if name not in current},
    )


def drop_links(work_dir: Path, earlier: RunRecord, current: RunRecord) -> None:
    """Remove the links to results that no longer count.

    Raises:
        StoreError: The run's folder cannot be written to.
    """
    for name in _all(earlier).keys() - current.stages.keys():
        unlink_stage(work_dir, name)


def enter_result(
    record: RunRecord, planned: PlannedStage, result: StageResult, work_dir: Path, reporter: Reporter
) -> RunRecord:
    """Return the record with one more result, after writing and linking it in the run's folder.

    Raises:
        StoreError: The run's folder cannot be written to.
    """
    entry = Result(folder=relative(result.folder, work_dir), fingerprint=planned.fingerprint)
    outdated = {name: other for name, other in record.outdated.items() if name != planned.name}
    stages = {**record.stages, planned.name: entry}
    rerun = _without(record.rerun, planned.name)
    record = RunRecord(config=record.config, stages=stages, outdated=outdated, rerun=rerun)
    write_run(work_dir, record)
    link_stage(work_dir, planned.name, result.folder, reporter)
    return record


def begin_rerun(
    record: RunRecord, plan: Sequence[PlannedStage], first: str, forced: frozenset[str], work_dir: Path
) -> RunRecord:
    """Return the record with what is to be computed again, after writing it in the run's folder.

    Args:
        record: What the run has brought so far.
        plan: All stages; those that are spared are not forced any more.
        first: What was asked for.
        forced: Names of the stages that this means.
        work_dir: Folder of the run.

    Raises:
        StoreError: The run's folder cannot be written to.
    """
    planned = {one.name: one.fingerprint for one in plan if one.name in forced}
    pending = {one.name: one.fingerprint for one in plan if one.forced}
    record = record.model_copy(update={"rerun": Rerun(first=first, planned=planned, pending=pending)})
    write_run(work_dir, record)
    return record


def continue_rerun(
    plan: Sequence[PlannedStage], earlier: RunRecord, first: str | None
) -> tuple[PlannedStage, ...]:
    """Spare the stages that an interrupted run with the same ``--from`` has computed again already."""
    rerun = earlier.rerun
    if rerun is None or rerun.first != first or not rerun.pending:
        return tuple(plan)
    again = {name: fingerprint for name, fingerprint in rerun.planned.items() if name not in rerun.pending}
    return tuple(replace(one, forced=one.forced and again.get(one.name) != one.fingerprint) for one in plan)


def _without(rerun: Rerun | None, stage: str) -> Rerun | None:
    if rerun is None:
        return None
    pending = {name: fingerprint for name, fingerprint in rerun.pending.items() if name != stage}
    return rerun.model_copy(update={"pending": pending})


def _all(record: RunRecord) -> dict[str, Result]:
    return {**record.outdated, **record.stages}
