"""Folders of photographs: opening the next and writing the last overlap with restoring."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError, ImageError, MoeiError, StoreError
from moei_toolkit.inference.photos.photo import Restored, finish, open_photo, restore_opened
from moei_toolkit.inference.photos.record import is_done
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.channel import read_ahead
from moei_toolkit.io.disk import concerns_one_file
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.io.text import printable

DONE = "done before"


@dataclass(frozen=True)
class Tally:
    """What has become of some photographs.

    Attributes:
        failures: Why some could not be read, restored or written.
        untried: How many came after one that the disk refused.
        restored: How many are restored, now or before.
    """

    failures: Sequence[MoeiError]
    untried: int
    restored: int


def restore_photos(
    restorer: Restorer,
    pairs: Sequence[tuple[Path, Path]],
    reporter: Reporter,
    model: str | None = None,
    overwrite: bool = False,
) -> Tally:
    """Restore files in order, with progress.

    While one photograph is restored, the next is opened and the one before is encoded.

    Args:
        restorer: Restores them.
        pairs: Photographs and pictures.
        reporter: Told what becomes of each.
        model: See `restore_photo`. With it, what an earlier call has done is not done again.
        overwrite: Do it again all the same.

    Returns:
        What could not be restored. It did not stop the others, except for the last when the disk refused it.
    """
    jobs = plan_jobs(pairs, model, overwrite)
    opened = (attempt(job, lambda job: open_photo(job.source, job.target)) for job in jobs)
    with read_ahead(opened, 1) as ahead:
        restored = (attempt(job, lambda job: restore_opened(restorer, job.outcome, model)) for job in ahead)
        with closing(_one_late(restored)) as late:
            finished = (attempt(job, lambda job: finish(job.outcome)) for job in late)
            return report_jobs(finished, len(pairs), reporter)


@dataclass(frozen=True)
class Job:
    """A photograph on its way.

    Attributes:
        source: The photograph.
        target: The picture to be.
        outcome: What it has come to: opened, restored, its record, `DONE`, or an error.
        is_last: The disk refused it, and would refuse the next as well.
    """

    source: Path
    target: Path
    outcome: Any = None
    is_last: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be done about it any more."""
        return self.outcome == DONE or isinstance(self.outcome, MoeiError)


def plan_jobs(pairs: Iterable[tuple[Path, Path]], model: str | None, overwrite: bool) -> Iterator[Job]:
    """Yield a job for each photograph, over when an earlier call has done it; see `restore_photos`."""
    for source, target in pairs:
        is_over = not overwrite and is_done(source, target, model)
        yield Job(source, target, DONE if is_over else None)


def report_jobs(jobs: Iterable[Job], total: int, reporter: Reporter) -> Tally:
    """Tell what has become of each job as it comes, until one is the last."""
    failures: list[MoeiError] = []
    restored = 0
    with reporter.progress(total, "restore") as progress:
        for job in jobs:
            if isinstance(job.outcome, MoeiError):
                failures.append(job.outcome)
            else:
                restored += 1
                reporter.info(printable(f"{job.target}: {_told(job.outcome)}"))
            progress.advance(1, printable(job.source.name))
            if job.is_last:
                break
    return Tally(failures, total - restored - len(failures), restored)


def attempt(job: Job, step: Callable[[Job], Any]) -> Job:
    """Take a job one step further, unless it is over; what goes wrong with it is its outcome."""
    if job.is_over:
        return job
    try:
        return replace(job, outcome=step(job))
    except StoreError as error:
        return replace(job, outcome=error, is_last=not concerns_one_file(error))
    except DataError as error:
        return replace(job, outcome=error)
    except OSError as error:
        return replace(job, outcome=ImageError(f"{job.target}: {error.strerror or error}"))
    except MemoryError:
        return replace(job, outcome=ImageError(f"{job.source}: not enough memory; restore it in parts"))


def _one_late(jobs: Iterable[Job]) -> Generator[Job, None, None]:
    """Yield each job once the next one is restored: meanwhile its picture is encoded."""
    waiting: list[Job] = []
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
    confidence, seconds = f"{outcome['confidence']:.2f}", f"{outcome['seconds']['total']:.1f} s"
    tile, usual = outcome["tile"], outcome["usual_tile"]
    smaller = "" if tile == usual else f", tiles of {tile} to save memory"
    if outcome["abstained"]:
        return f"abstained at confidence {confidence}: {outcome['route']}, {seconds}{smaller}"
    return f"expert {outcome['route']}, confidence {confidence}, {seconds}{smaller}"
