"""What a run does, or would do, with each stage, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.errors import StoreError
from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.io.run_record import RunRecord
from moei_toolkit.pipeline.running.explain import explain
from moei_toolkit.pipeline.running.plan import PlannedStage
from moei_toolkit.pipeline.running.store import StageStore

_GONE = "its earlier result is gone"


@dataclass(frozen=True)
class Step:
    """What a run does with one stage.

    Attributes:
        planned: The stage.
        runs: True when it is computed, False when its result is reused.
        reason: Why it is computed.
    """

    planned: PlannedStage
    runs: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.planned.name}: {f'run ({self.reason})' if self.runs else 'reuse'}"


def make_step(planned: PlannedStage, store: StageStore, work_dir: Path, record: RunRecord) -> Step:
    """Return what is to be done with a stage, given the store and what the run has brought so far."""
    found = store.find(planned.name, planned.fingerprint)
    if planned.forced:
        return Step(planned, True, "asked for by --from")
    if found.status == "whole":
        return Step(planned, False, "")
    if found.status == "broken":
        return Step(planned, True, found.reason)
    if store.partial(planned.name, planned.fingerprint).exists():
        return Step(planned, True, "an earlier attempt was interrupted")
    return Step(planned, True, _difference(planned, work_dir, record))


def _difference(planned: PlannedStage, work_dir: Path, record: RunRecord) -> str:
    earlier = {**record.outdated, **record.stages}
    if planned.name not in earlier:
        return "new"
    try:
        previous = read_manifest(work_dir / earlier[planned.name].folder)
    except StoreError:
        return _GONE
    return explain(planned.recipe, previous.recipe) or _GONE
