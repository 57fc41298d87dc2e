"""Folders of photographs: opening the next and writing the last overlap with restoring."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError, ImageError, MoeiError, StoreError
from moei_toolkit.inference.photo import Restored, finish, open_photo, restore_opened
from moei_toolkit.inference.photo_record import is_done
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.channel import read_ahead
from moei_toolkit.io.disk import concerns_one_file
from moei_toolkit.io.reporter import Reporter

DONE = "done before"


def restore_photos(
    restorer: Restorer,
    pairs: Sequence[tuple[Path, Path]],
    reporter: Reporter,
    model: str | None = None,
    overwrite: bool = False,
) -> list[MoeiError]:
    """Restore files in order, with progress.

    While one photograph is restored, the next is opened and the one before is encoded.

    Args:
        restorer: Restores them.
        pairs: Photographs and pictures.
        reporter: Told what becomes of each.
        model: See `restore_photo`. With it, what an earlier call has done is not done again.
        overwrite: Do it again all the same.

    Returns:
        Why some photographs could not be read, restored or written. They did not stop the others, except
        for the last when the disk refused it.
    """

    def opened() -> Iterator[_Job]:
        for source, target in pairs:
            is_over = not overwrite and is_done(source, target, model)
            job = _Job(source, target, DONE if is_over else None)
            yield _attempt(job, lambda job: open_photo(job.source, job.target))

    failures: list[MoeiError] = []
    with reporter.progress(len(pairs), "restore") as progress, read_ahead(opened(), 1) as ahead:
        restored = (_attempt(job, lambda job: restore_opened(restorer, job.outcome, model)) for job in ahead)
        with closing(_one_late(restored)) as late:
            for job in late:
                outcome = _attempt(job, lambda job: finish(job.outcome)).outcome
                if isinstance(outcome, MoeiError):
                    failures.append(outcome)
                else:
                    reporter.info(f"{job.target}: {_told(outcome)}")
                progress.advance(1, job.source.name)
                if isinstance(outcome, StoreError) and not concerns_one_file(outcome):
                    break
    return failures


@dataclass(frozen=True)
class _Job:
    """A photograph on its way, and what it has come to: opened, restored, its record, DONE, or an error."""

    source: Path
    target: Path
    outcome: Any = None


def _attempt(job: _Job, step: Callable[[_Job], Any]) -> _Job:
    """Take a job one step further, unless it is over; what goes wrong with it is its outcome."""
    if job.outcome == DONE or isinstance(job.outcome, MoeiError):
        return job
    try:
        return replace(job, outcome=step(job))
    except (DataError, StoreError) as error:
        return replace(job, outcome=error)
    except OSError as error:
        return replace(job, outcome=ImageError(f"{job.target}: {error.strerror or error}"))
    except MemoryError:
        return replace(job, outcome=ImageError(f"{job.source}: not enough memory; restore it in parts"))


def _one_late(jobs: Iterable[_Job]) -> Generator[_Job, None, None]:
    """Yield each job once the next one is restored: meanwhile its picture is encoded."""
    waiting: list[_Job] = []
    try:
        for job in jobs:
            waiting.append(job)
            if len(waiting) > 1:
                yield waiting.pop(0)
        while waiting:
            yield waiting.pop(0)
    finally:
        for job in waiting:
            if isinstance(job.outcome, Restored):
                job.outcome.writer.abandon()


def _told(outcome: Any) -> str:
    if outcome == DONE:
        return DONE
    return f"{outcome['route']}, confidence {outcome['confidence']:.2f}, {outcome['seconds']['total']:.1f} s"
