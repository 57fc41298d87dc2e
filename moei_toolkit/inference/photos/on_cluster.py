"""Folders of photographs restored by the workers of a cluster, one photograph at a time each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from moei_toolkit.cluster.allocation import Allocation
from moei_toolkit.cluster.mapping import Lost, map_over_workers
from moei_toolkit.errors import ImageError
from moei_toolkit.inference.photos.folder import Job, Tally, attempt, plan_jobs, report_jobs
from moei_toolkit.inference.photos.photo import restore_photo
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.atomic import remove_leftovers_of
from moei_toolkit.io.images.restoration_record import record_path
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.io.shared_paths import SharedPaths, mark_in, shared_paths


def restore_photos_on_cluster(
    allocation: Allocation,
    open_restorer: Callable[[], Restorer],
    pairs: Sequence[tuple[Path, Path]],
    reporter: Reporter,
    model: str | None = None,
    overwrite: bool = False,
) -> Tally:
    """Do what `restore_photos` does, in any order, and tell of it in order.

    Every machine must see the same files under the same paths.

    Args:
        allocation: How many workers, and what each gets; Ray must have been started.
        open_restorer: Called once in each worker, in the working directory of this process.
        pairs: Photographs and pictures.
        reporter: Told what becomes of each.
        model: See `restore_photos`.
        overwrite: See `restore_photos`.

    Returns:
        What could not be restored, such as what workers have died over.

    Raises:
        StoreError: A machine does not see the folders, or nothing can be written to them.
    """
    jobs = list(plan_jobs(pairs, model, overwrite))
    unfinished = [job for job in jobs if not job.is_over]
    photos, pictures = (_common_folder([pair[which] for pair in pairs]) for which in (0, 1))
    with mark_in(pictures) as mark:
        build = partial(_open_work, shared_paths([Path.cwd(), photos, mark]), open_restorer, model)
        with closing(map_over_workers(build, unfinished, allocation, _remove_leftovers)) as outcomes:
            ended = (job if job.is_over else _ended(next(outcomes)) for job in jobs)
            return report_jobs(ended, len(jobs), reporter)


def _common_folder(paths: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([path.parent.absolute() for path in paths]))


def _open_work(
    shared: SharedPaths, open_restorer: Callable[[], Restorer], model: str | None
) -> Callable[[Job], Job]:
    shared.enter()
    restorer = open_restorer()

    def restore(job: Job) -> Job:
        return attempt(job, lambda job: restore_photo(restorer, job.source, job.target, model))

    return restore


def _ended(outcome: Job | Lost[Job]) -> Job:
    if isinstance(outcome, Job):
        return outcome
    job = outcome.item
    return replace(job, outcome=ImageError(f"{job.source}: {outcome.told('restored it')}"))


def _remove_leftovers(job: Job) -> None:
    """Remove what a killed worker has half written."""
    for path in (job.target, record_path(job.target)):
        remove_leftovers_of(path)
