"""Runs a list of stages: plan, reuse what is there, compute the rest, and keep the record of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.config.schema import Config
from moei_toolkit.engine.process_group import ProcessGroup
from moei_toolkit.errors import StoreError
from moei_toolkit.io.disk import make_folder
from moei_toolkit.io.folder_lock import alone_in
from moei_toolkit.io.reporter import Reporter, SilentReporter
from moei_toolkit.pipeline.running.bookkeeping import (
    begin_rerun,
    continue_rerun,
    current_record,
    drop_links,
    enter_result,
    previous_record,
)
from moei_toolkit.pipeline.running.components import component_version
from moei_toolkit.pipeline.running.execute import StageResult, ensure_stage
from moei_toolkit.pipeline.running.fingerprint import ComponentVersion
from moei_toolkit.pipeline.running.plan import PlannedStage, make_plan, select
from moei_toolkit.pipeline.running.stage import Stage
from moei_toolkit.pipeline.running.steps import Step, make_step
from moei_toolkit.pipeline.running.store import StageStore, damage


@dataclass(frozen=True)
class RunResult:
    """What came out of a run.

    Attributes:
        steps: What was planned, in order.
        stages: How each stage went; empty after a dry run.
    """

    steps: tuple[Step, ...]
    stages: tuple[StageResult, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Whether every result was there already."""
        return all(stage.reused for stage in self.stages) and not any(step.runs for step in self.steps)

    def __str__(self) -> str:
        if self.nothing_to_do:
            return f"nothing to do: all {len(self.steps)} stages are up to date"
        if not self.stages:
            return f"{sum(step.runs for step in self.steps)} of {len(self.steps)} stages would run"
        ran = [stage.stage for stage in self.stages if not stage.reused]
        reused = len(self.stages) - len(ran)
        return f"computed {', '.join(ran) or 'nothing'}; reused {reused} of {len(self.stages)}"


def run_pipeline(
    config: Config,
    stages: Sequence[Stage],
    store: StageStore,
    reporter: Reporter,
    first: str | None = None,
    only: str | None = None,
    until: str | None = None,
    dry_run: bool = False,
    version_of: ComponentVersion = component_version,
    rehearse: Callable[[Config], None] | None = None,
    group: ProcessGroup | None = None,
) -> RunResult:
    """Bring the results of stages up to date, in order.

    A committed result with an equal fingerprint is reused. After every stage, ``run.json`` and the links in
    the run's folder are brought up to date.

    Args:
        config: The config of the run.
        stages: In order; each reads earlier ones only.
        store: Where results are kept.
        reporter: Told what is going on.
        first: This stage (or group) and all later ones run again; those that an interrupted run with the same
            ``first`` has brought are not computed a second time.
        only: Nothing but this stage (or group) is looked at; its inputs must be there.
        until: Nothing after this stage (or group) is looked at.
        dry_run: Say what would be done, and why, without doing it.
        version_of: Looks up the code of a component.
        rehearse: Called before anything is done or, in a dry run, said, when a stage has to run.
        group: Whom this process leads; nobody when None.

    Returns:
        What was planned and how it went.

    Raises:
        ConfigError: There is no such stage, or the stages do not fit together.
        StoreError: The store cannot be used, the inputs of ``only`` are not there, or another run is at work
            in the same folder.
        MoeiError: A stage failed.
    """
    wanted, forced = select(stages, first, only, until)
    work_dir = Path(config.work_dir)
    if work_dir.exists() and not work_dir.is_dir():
        raise StoreError(f"{work_dir}: expected the folder of a run, or room for one, got a file")
    earlier = previous_record(work_dir, config, reporter)
    plan = continue_rerun(make_plan(stages, config.seed, version_of, forced), earlier, first)
    steps = tuple(make_step(planned, store, work_dir, earlier) for planned in plan if planned.name in wanted)
    if rehearse and any(step.runs for step in steps):
        rehearse(config)
    if steps:
        _inputs(steps[0].planned, plan, store)  # what is missing must show before anything is touched
    if dry_run:
        for step in steps:
            reporter.info(str(step))
        return RunResult(steps, ())
    with _alone(work_dir):
        earlier = previous_record(work_dir, config, SilentReporter())  # another run may have ended since
        record = current_record(earlier, plan, config)
        drop_links(work_dir, earlier, record)
        if first is not None:
            record = begin_rerun(record, plan, first, forced, work_dir)
        results, intact = [], set[Path]()
        for step in steps:
            inputs = _inputs(step.planned, plan, store)
            if step.runs:
                reporter.info(str(step))
                _require_intact(step.planned, inputs, intact)
            result = ensure_stage(step.planned, store, inputs, config, reporter, group)
            record = enter_result(record, step.planned, result, work_dir, reporter)
            if not result.reused:
                reporter.info(f"{step.planned.name}: done in {result.seconds:.1f} s")
            results.append(result)
    return RunResult(steps, tuple(results))


@contextmanager
def _alone(work_dir: Path) -> Iterator[None]:
    """Keep other runs out of a folder; where nothing can be written, there is nothing to keep them from."""
    make_folder(work_dir)
    if not os.access(work_dir, os.W_OK):
        yield
        return
    other = StoreError(
        f"{work_dir}: another run is at work there. Wait until it ends, or give another --work-dir: "
        "runs with one store compute only once what they share."
    )
    with alone_in(work_dir, other):
        yield


def _inputs(planned: PlannedStage, plan: Sequence[PlannedStage], store: StageStore) -> Mapping[str, Path]:
    by_name = {other.name: other for other in plan}
    return {name: _committed(planned, by_name[name], store) for name in planned.stage.inputs}


def _require_intact(planned: PlannedStage, inputs: Mapping[str, Path], intact: set[Path]) -> None:
    """Read the inputs of a stage, each once a run: a size alone does not show a changed pixel."""
    for name, folder in inputs.items():
        problem = None if folder in intact else next(damage(folder), None)
        intact.add(folder)
        if problem:
            raise StoreError(
                f"stage '{planned.name}' cannot work with the result of '{name}': {problem}. "
                f"Run again with --from {name} to compute it anew."
            )


def _committed(planned: PlannedStage, needed: PlannedStage, store: StageStore) -> Path:
    found = store.find(needed.name, needed.fingerprint)
    if found.status != "whole":
        reason = found.reason or f"{found.folder} does not exist"
        raise StoreError(
            f"stage '{planned.name}' needs the result of '{needed.name}', which is {found.status}: {reason}. "
            f"Run without --only, or with --until {needed.name}, first."
        )
    return found.folder
