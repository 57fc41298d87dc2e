"""Processes of a Ray cluster that each hold one thing at a time; some of them may die.

Ray is imported when it is used: what it reads from the environment as it is imported, a session sets before.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from moei_toolkit.cluster.allocation import Allocation
from moei_toolkit.errors import MoeiError

T = TypeVar("T")
R = TypeVar("R")

_STARTS = 3
_ENDING = 10  # seconds


@dataclass(frozen=True)
class WorkerDied:
    """What became of an item whose worker has died."""

    reason: str


class WorkerPool(Generic[T, R]):
    """Workers that each have a share of a cluster. Ray must have been started; call `end` at last.

    They are given items once they are built: on a cluster that has no room for one yet, nothing waits for it.

    Args:
        build: Called once in each; returns what is done with an item.
        allocation: How many, and what each gets.
        most: No more than these are started.
    """

    def __init__(self, build: Callable[[], Callable[[T], R]], allocation: Allocation, most: int) -> None:
        import ray

        self._make = ray.remote(_Worker).options(num_cpus=allocation.cpus, num_gpus=allocation.gpus).remote
        self._build = build
        self._idle: list[Any] = []
        self._busy: dict[Future[Any], tuple[Any, int | None]] = {}
        self._failed_starts = 0
        for _ in range(min(allocation.workers, most)):
            self._start()

    @property
    def has_idle(self) -> bool:
        """Whether a worker can be given something now."""
        return bool(self._idle)

    def give(self, index: int, item: T) -> None:
        """Give an idle worker an item, whose number `wait` will tell."""
        worker = self._idle.pop()
        self._busy[worker.do.remote(item).future()] = worker, index

    def wait(self) -> tuple[int, R | WorkerDied] | None:
        """Wait until something happens: return what became of an item, or None when a worker is built.

        Raises:
            MoeiError: Workers die as they start.
            Exception: What a worker raised.
        """
        from ray.exceptions import RayError, RayTaskError

        # Not by ray.wait, to which every signal is Ctrl-C.
        happened = next(iter(wait(self._busy, return_when=FIRST_COMPLETED).done))
        worker, index = self._busy.pop(happened)
        try:
            outcome: R = happened.result()
        except RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from None
        except RayError as error:
            _kill(worker)  # should it live, and only be out of reach
            if index is None:
                self._count_failed_start(error)
            self._start()
            return None if index is None else (index, WorkerDied(_first_line(error)))
        self._idle.append(worker)
        if index is None:
            self._failed_starts = 0
            return None
        return index, outcome

    def end(self) -> list[int]:
        """End all workers; return the numbers of what they held."""
        for worker in (*self._idle, *(worker for worker, _ in self._busy.values())):
            _kill(worker)
        wait(self._busy, timeout=_ENDING)
        return [index for _, index in self._busy.values() if index is not None]

    def _start(self) -> None:
        worker: Any = self._make(self._build)
        self._busy[worker.prepare.remote().future()] = worker, None

    def _count_failed_start(self, error: Exception) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _STARTS:
            raise MoeiError(
                f"{_STARTS} workers in a row have died as they started: {_first_line(error)}. There may be "
                "too little memory for so many, or another Python or toolkit on their machine."
            ) from error


class _Worker:
    """What runs in the process."""

    def __init__(self, build: Callable[[], Callable[[Any], Any]]) -> None:
        self._build = build

    def prepare(self) -> None:
        """Build what items are done with."""
        self._work = self._build()

    def do(self, item: Any) -> Any:
        """Do what is to be done with an item."""
        return self._work(item)


def _kill(worker: Any) -> None:
    import ray

    ray.kill(worker)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
