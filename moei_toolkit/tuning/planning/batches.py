"""Trials whose expensive stages are the same make a batch: one worker runs it, one trial after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from moei_toolkit.pipeline.running.plan import PlannedStage
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.planning.trial import Trial
from moei_toolkit.tuning.planning.workflow import Workflow

Batch = tuple[Trial, ...]
Outlook = Literal["run", "reuse", "share", "wait"]


@dataclass(frozen=True)
class Use:
    """A stage as a trial needs it.

    Attributes:
        stage: Which.
        outlook: It is computed for this trial (``"run"``), is in the store (``"reuse"``), or an earlier trial
            computes it: one of the same batch (``"share"``) or of another one (``"wait"``).
    """

    stage: PlannedStage
    outlook: Outlook


def make_batches(trials: Iterable[Trial], workflow: Workflow, alone: bool = False) -> list[Batch]:
    """Put trials together, in the order of their first ones.

    Args:
        trials: In order.
        workflow: What they are run with.
        alone: Give every trial a batch of its own.
    """
    batches: dict[object, list[Trial]] = {}
    for trial in trials:
        expensive = tuple(one.fingerprint for one in trial.plan if one.name not in workflow.cheap)
        batches.setdefault(trial.name if alone else expensive, []).append(trial)
    return [tuple(batch) for batch in batches.values()]


def foresee(batches: Sequence[Batch], store: StageStore) -> Iterator[tuple[Trial, list[Use]]]:
    """Yield every trial with what is to be done for it, if batches are run in order."""
    computed_by: dict[str, int] = {}
    there: dict[str, bool] = {}

    def look(planned: PlannedStage, batch: int) -> Outlook:
        key = planned.fingerprint
        if key not in there:
            there[key] = store.find(planned.name, key).status == "whole"
        if there[key]:
            return "reuse"
        if key not in computed_by:
            computed_by[key] = batch
            return "run"
        return "share" if computed_by[key] == batch else "wait"

    for number, batch in enumerate(batches):
        for trial in batch:
            yield trial, [Use(planned, look(planned, number)) for planned in trial.plan]
