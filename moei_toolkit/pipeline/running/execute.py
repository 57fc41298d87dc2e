"""Runs one stage: claim, work, commit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from moei_toolkit.config.schema import Config
from moei_toolkit.engine.process_group import ProcessGroup, SingleProcess
from moei_toolkit.errors import MoeiError
from moei_toolkit.io.disk import disk_error, is_disk_full
from moei_toolkit.io.environment import git_state, versions
from moei_toolkit.io.manifest import Manifest
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.running.culprit import blame
from moei_toolkit.pipeline.running.joint import lead
from moei_toolkit.pipeline.running.plan import PlannedStage
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.running.store import StageStore


@dataclass(frozen=True)
class StageResult:
    """How one stage went.

    Attributes:
        stage: Its name.
        folder: Its committed folder.
        reused: The result was there already.
        seconds: What it took; 0 when reused.
    """

    stage: str
    folder: Path
    reused: bool
    seconds: float


def ensure_stage(
    planned: PlannedStage,
    store: StageStore,
    inputs: Mapping[str, Path],
    config: Config,
    reporter: Reporter,
    group: ProcessGroup | None = None,
) -> StageResult:
    """Return the committed result of a stage, computing it unless it is there.

    Args:
        planned: The stage.
        store: Where results are kept.
        inputs: Committed folder of each input.
        config: The whole config.
        reporter: Told what is going on.
        group: Whom this process leads; nobody when None.

    Raises:
        StoreError: The store cannot be used.
        MoeiError: The stage failed; its partial folder is left as it is.
    """
    name, fingerprint = planned.name, planned.fingerprint
    settled = not store.is_unsettled(name, fingerprint)
    if settled and (result := _reuse(planned, store)):
        return result
    with store.claim(name, fingerprint, reporter.info):
        if result := _reuse(planned, store):
            return result
        _clear(planned, store, reporter)
        folder = store.open_partial(name, fingerprint, planned.stage.resumable)
        context = StageContext(
            folder, inputs, config, planned.recipe["seed"], reporter, group or SingleProcess()
        )
        started, clock = datetime.now(timezone.utc), time.monotonic()
        _work(planned, context)
        seconds = time.monotonic() - clock
        return StageResult(name, store.commit(_manifest(planned, started, seconds)), False, seconds)


def _reuse(planned: PlannedStage, store: StageStore) -> StageResult | None:
    if planned.forced:
        return None
    found = store.find(planned.name, planned.fingerprint)
    return StageResult(planned.name, found.folder, True, 0.0) if found.status == "whole" else None


def _clear(planned: PlannedStage, store: StageStore, reporter: Reporter) -> None:
    found = store.find(planned.name, planned.fingerprint)
    if found.status == "broken":
        aside = store.set_aside(planned.name, planned.fingerprint)
        reporter.info(f"{planned.name}: {found.reason}. Moved it to {aside}, computing it again")


def _work(planned: PlannedStage, context: StageContext) -> None:
    failed = f"stage '{planned.name}' failed (its unfinished folder is {context.folder})"
    try:
        lead(planned, context)
    except MoeiError as error:
        error.args = (f"{failed}{blame(error)}: {error}",)
        raise
    except Exception as error:
        if isinstance(error, OSError) and is_disk_full(error):
            error = disk_error(context.folder, error)
            raise type(error)(f"{failed}: {error}") from error
        raise MoeiError(f"{failed}{blame(error)}: {type(error).__name__}: {error}") from error


def _manifest(planned: PlannedStage, started: datetime, seconds: float) -> Manifest:
    return Manifest(
        stage=planned.name,
        fingerprint=planned.fingerprint,
        recipe=planned.recipe,
        outputs={},
        versions=versions(),
        git=git_state(),
        started=started.isoformat(timespec="microseconds"),  # quick stages begin in one second
        seconds=round(seconds, 3),
    )
