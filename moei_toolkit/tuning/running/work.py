"""Runs trials one after the other in one process: what a worker does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moei_toolkit.errors import MoeiError, StoreError
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.running.execute import StageResult, ensure_stage
from moei_toolkit.pipeline.running.store import StageStore, damage
from moei_toolkit.tuning.planning.trial import Trial
from moei_toolkit.tuning.planning.workflow import Scores, Workflow


@dataclass(frozen=True)
class Event:
    """What became of a trial, or of one of its stages.

    Attributes:
        trial: Its name.
        stage: Which stage is there now; empty at the end of the trial.
        seconds: What was computed for it took; 0 for what was there.
        psnr: What the stage reached on validation if it trains something, dB; else None.
        computed: The stages that were computed, at the end of the trial.
        failure: Why it failed; empty if it did not.
        scores: What it reached.
    """

    trial: str
    stage: str = ""
    seconds: float = 0.0
    psnr: float | None = None
    computed: tuple[str, ...] = ()
    failure: str = ""
    scores: Scores = field(default_factory=dict)


def run_trials(
    trials: Iterable[Trial], store: StageStore, workflow: Workflow, reporter: Reporter
) -> Iterator[Event]:
    """Run trials, yielding an event after every stage of each and one at its end.

    A trial that fails does not stop the others.

    Args:
        trials: In order.
        store: Where all of it is kept.
        workflow: What they are run with.
        reporter: Told what is going on.
    """
    intact: set[Path] = set()
    for trial in trials:
        done: list[StageResult] = []
        try:
            for result in _run_stages(trial, store, workflow, reporter, intact):
                done.append(result)
                yield Event(trial.name, result.stage, result.seconds, workflow.validate(result.folder))
            scores = workflow.score(trial.config, trial.folders(store), trial.variant)
        except MoeiError as error:
            yield _end(trial, done, failure=str(error))
        else:
            yield _end(trial, done, scores=scores)


def _run_stages(
    trial: Trial, store: StageStore, workflow: Workflow, reporter: Reporter, intact: set[Path]
) -> Iterator[StageResult]:
    folders = trial.folders(store)
    missing = {one.name for one in trial.plan if store.find(one.name, one.fingerprint).status != "whole"}
    if missing - workflow.cheap:
        workflow.rehearse(trial.config)
    for planned in trial.plan:
        inputs = {name: folders[name] for name in planned.stage.inputs}
        if planned.name in missing:
            _require_intact(planned.name, inputs, intact)
        yield ensure_stage(planned, store, inputs, trial.config, reporter)


def _require_intact(stage: str, inputs: Mapping[str, Path], intact: set[Path]) -> None:
    """Read the inputs of a stage, each once for all trials: a size alone does not show a changed pixel."""
    for name, folder in inputs.items():
        problem = None if folder in intact else next(damage(folder), None)
        if problem:
            raise StoreError(
                f"stage '{stage}' cannot work with the result of '{name}': {problem}. "
                f"Remove {folder}, and run the same command again to compute it anew."
            )
        intact.add(folder)


def _end(trial: Trial, done: list[StageResult], failure: str = "", scores: Scores | None = None) -> Event:
    computed = tuple(result.stage for result in done if not result.reused)
    seconds = sum(result.seconds for result in done)
    return Event(trial.name, "", seconds, None, computed, failure, scores or {})
