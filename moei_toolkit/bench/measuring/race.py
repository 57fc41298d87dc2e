"""Measure several subjects in turn, so that whatever else runs on the machine slows all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from moei_toolkit.bench.measuring.pool import Worker, start_worker
from moei_toolkit.bench.measuring.subject import Model, Size, Subject, require_different_names
from moei_toolkit.errors import BenchError
from moei_toolkit.io.reporter import Reporter


@dataclass(frozen=True)
class Plan:
    """How often everything is measured.

    Attributes:
        warm_ups: Runs of each subject before any is timed, in every block.
        runs: Timed runs of each subject in a block.
        blocks: How many times everything is measured anew, in fresh processes.
    """

    warm_ups: int = 30
    runs: int = 100
    blocks: int = 3

    def __post_init__(self) -> None:
        if self.warm_ups < 0 or self.runs < 1 or self.blocks < 1:
            raise BenchError(
                f"expected 0 warm-ups or more, and 1 run and block or more, got {self.warm_ups}, {self.runs} "
                f"and {self.blocks}"
            )

    @property
    def is_quick(self) -> bool:
        """Whether this is less than the protocol of the research plan asks for."""
        full = Plan()
        return self.warm_ups < full.warm_ups or self.runs < full.runs or self.blocks < full.blocks


QUICK = Plan(warm_ups=1, runs=5, blocks=3)


@dataclass(frozen=True)
class Run:
    """One timed restoration.

    Attributes:
        subject: Its name.
        block: From 0.
        round: From 0, within the block.
        seconds: Of describe, decide and restore.
    """

    subject: str
    block: int
    round: int
    seconds: Mapping[str, float]

    @property
    def latency(self) -> float:
        """Seconds of all hops together."""
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Peak:
    """Memory of one subject in one block, in bytes.

    Attributes:
        subject: Its name.
        block: From 0.
        loaded: What the process took once model and image were loaded.
        peak: What it took at most.
        device: What tensors took on a GPU at most; None on a processor.
    """

    subject: str
    block: int
    loaded: int
    peak: int
    device: int | None = None


@dataclass(frozen=True)
class Measurements:
    """What was measured.

    Attributes:
        size: Of the image.
        plan: How often.
        subjects: What, in order.
        runs: Every timed run.
        peaks: Memory of every subject and block.
        precisions: What the tiles of every subject were computed in, by name.
        routes: What they went along, by name.
    """

    size: Size
    plan: Plan
    subjects: Sequence[Subject]
    runs: Sequence[Run]
    peaks: Sequence[Peak]
    precisions: Mapping[str, str]
    routes: Mapping[str, str]


def measure(model: Model, subjects: Sequence[Subject], size: Size, plan: Plan, log: Reporter) -> Measurements:
    """Measure subjects on an image of noise; each has a process of its own.

    Args:
        model: What is restored with.
        subjects: The ways to restore, with different names.
        size: Of the image.
        plan: How often.
        log: Told how far it is.

    Raises:
        BenchError: If a worker failed, or two subjects have one name.
    """
    require_different_names(subjects)
    runs: list[Run] = []
    peaks: list[Peak] = []
    loaded: dict[str, tuple[str, str]] = {}
    total = plan.blocks * (plan.warm_ups + plan.runs) * len(subjects)
    with log.progress(total, f"bench at {size}") as progress:
        for block in range(plan.blocks):
            with ExitStack() as stack:
                workers = {
                    subject.name: stack.enter_context(start_worker(model, subject, size))
                    for subject in subjects
                }
                loaded = {name: worker.wait() for name, worker in workers.items()}
                for number in range(-plan.warm_ups, plan.runs):
                    for name, worker in _in_turn(workers, number):
                        seconds = worker.run()
                        progress.advance(1, name)
                        if number >= 0:
                            runs.append(Run(name, block, number, seconds))
                peaks += [Peak(name, block, **worker.memory()) for name, worker in workers.items()]
    precisions, routes = ({name: one[part] for name, one in loaded.items()} for part in (0, 1))
    return Measurements(size, plan, tuple(subjects), tuple(runs), tuple(peaks), precisions, routes)


def _in_turn(workers: Mapping[str, Worker], number: int) -> list[tuple[str, Worker]]:
    """Return all, in the other direction every second time: nobody is always the first or after the same."""
    order = list(workers.items())
    return order if number % 2 == 0 else order[::-1]
