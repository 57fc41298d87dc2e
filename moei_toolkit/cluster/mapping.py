"""Items mapped over workers that are built once each; what a dead one held, another does."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from moei_toolkit.cluster.allocation import Allocation
from moei_toolkit.cluster.worker_pool import WorkerDied, WorkerPool

T = TypeVar("T")
R = TypeVar("R")

ATTEMPTS = 3
"""Workers that may die over one item."""


@dataclass(frozen=True)
class Lost(Generic[T]):
    """An item over which as many workers have died as may.

    Attributes:
        item: The item.
        reason: What is known of the last death.
    """

    item: T
    reason: str

    def told(self, did: str) -> str:
        """Return what happened, in sentences; ``did`` says what they did with it, such as "measured it"."""
        return (
            f"{ATTEMPTS} workers died while they {did} ({self.reason}). "
            "It may need more memory than they have."
        )


def map_over_workers(
    build: Callable[[], Callable[[T], R]],
    items: Sequence[T],
    allocation: Allocation,
    on_death: Callable[[T], None] = lambda item: None,
) -> Generator[R | Lost[T], None, None]:
    """Yield what becomes of every item, in order; Ray must have been started.

    Each worker is a process of its own and takes one item at a time. One that dies is replaced, and what it
    held is done again, see `ATTEMPTS`. When the generator is closed early, all workers end.

    Args:
        build: Called once in each worker; returns what is done with an item. What either raises is raised
            here.
        items: They and what becomes of them travel between machines.
        allocation: How many workers, and what each gets.
        on_death: Called with what a worker held that has died, or was ended, before anything else happens
            to it.

    Raises:
        MoeiError: Workers die before they have done anything.
    """
    pool: WorkerPool[T, R] = WorkerPool(build, allocation, len(items))
    waiting, deaths, done = deque(range(len(items))), Counter[int](), dict[int, R | Lost[T]]()

    def settle(index: int, outcome: R | WorkerDied) -> None:
        if not isinstance(outcome, WorkerDied):
            done[index] = outcome
            return
        on_death(items[index])
        deaths[index] += 1
        if deaths[index] < ATTEMPTS:
            waiting.appendleft(index)
        else:
            done[index] = Lost(items[index], outcome.reason)

    try:
        for turn in range(len(items)):
            while True:
                while waiting and pool.has_idle:
                    index = waiting.popleft()
                    pool.give(index, items[index])
                if turn in done:
                    break
                if event := pool.wait():
                    settle(*event)
            yield done.pop(turn)
    finally:
        for index in pool.end():
            on_death(items[index])
