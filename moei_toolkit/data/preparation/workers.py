"""Work spread over processes, with its results in order and few of them in memory at a time."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import cv2

from moei_toolkit.errors import DataError
from moei_toolkit.frames import carry_places
from moei_toolkit.io.processors import usable_cores

Job = TypeVar("Job")
Result = TypeVar("Result")
_PR_SET_PDEATHSIG = 1
MOST_WAITING = 2 << 30
"""No more jobs are handed out while the results that wait hold more bytes: scenes of 8K hold a gigabyte."""


def run_jobs(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    size: Callable[[Result], int],
    workers: int | None = None,
    ahead: int = 2,
) -> Iterator[Result]:
    """Yield the result of every job, in order.

    Args:
        work: Done in a worker process; it and the jobs must survive pickling.
        jobs: What there is to do.
        size: Bytes that a result holds; see `MOST_WAITING`.
        workers: Processes; all cores when None, none but this one when 0.
        ahead: Results per worker that may wait for the first of them.

    Raises:
        DataError: A worker process ended without a result.
    """
    count = min(usable_cores(), len(jobs)) if workers is None else workers
    if count == 0:
        yield from map(work, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_start_worker) as pool:
        waiting = iter(jobs)
        with _interrupts_held():  # the workers start here and inherit it: Ctrl-C is for the parent to answer
            pending: list[Future[Result]] = [
                pool.submit(_telling_where, work, job) for job in islice(waiting, ahead * count)
            ]
        while pending:
            try:
                result = pending.pop(0).result()
            except BrokenProcessPool as error:
                raise DataError(
                    "a worker process ended without a result: it was killed, or memory ran out. "
                    "Run the same command again, with fewer workers."
                ) from error
            held = sum(size(future.result()) for future in pending if _has_result(future))
            room = ahead * count - len(pending) if held <= MOST_WAITING else 0
            more = max(room, 0 if pending else 1)
            pending += [pool.submit(_telling_where, work, job) for job in islice(waiting, more)]
            yield result


def _has_result(future: Future[Result]) -> bool:
    return future.done() and future.exception() is None


def _start_worker() -> None:
    cv2.setNumThreads(1)
    if sys.platform == "linux":  # a worker must not outlive a parent that was killed
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _telling_where(work: Callable[[Job], Result], job: Job) -> Result:
    try:
        return work(job)
    except Exception as error:
        carry_places(error)
        raise
