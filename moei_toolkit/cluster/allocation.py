"""How many workers a cluster holds, and what each gets of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moei_toolkit.errors import ConfigError


@dataclass(frozen=True)
class Allocation:
    """What a cluster gives to workers that are all alike.

    Attributes:
        workers: How many.
        threads: Of each, on the CPU.
        cpus: What each reserves of the cores of its machine; a part of one where they are few.
        gpus: What each reserves of a GPU, in [0, 1].
    """

    workers: int
    threads: int
    cpus: float
    gpus: float = 0.0


def allocate(
    machines: Sequence[Mapping[str, float]],
    workers: int | None = None,
    threads: int | None = None,
    on_gpu: bool = False,
) -> Allocation:
    """Return workers all of which find room at once.

    Args:
        machines: What each has, as Ray says it: ``"CPU"`` and ``"GPU"``.
        workers: How many; when None one per GPU, or else as many as find room.
        threads: Of each; when None all the cores of its share, or, without ``workers``, of the smallest
            machine.
        on_gpu: They compute on a GPU.

    Raises:
        ConfigError: A number is less than 1, or there is no GPU.
    """
    for name, number in (("workers", workers), ("threads", threads)):
        if number is not None and number < 1:
            raise ConfigError(f"{name}: expected 1 or more, got {number}")
    cores, gpus = ([machine.get(kind, 0.0) for machine in machines] for kind in ("CPU", "GPU"))
    if on_gpu and not any(gpus):
        raise ConfigError("expected a GPU somewhere in the cluster, found none; 'cpu' always works")
    if workers is None:
        workers = int(sum(gpus)) if on_gpu else _most_of_size(cores, threads)
    room = _largest_share(cores, workers)
    reserved = min(room, threads) if threads else room
    return Allocation(
        workers=workers,
        threads=threads or max(1, int(room)),
        cpus=float(int(reserved)) if reserved >= 1 else reserved,
        gpus=min(1.0, _largest_share(gpus, workers)) if on_gpu else 0.0,
    )


def _most_of_size(cores: Sequence[float], threads: int | None) -> int:
    """Return how many workers find room with so many cores each, or with all of the smallest machine's."""
    size = threads or min(filter(None, cores), default=1.0)
    return max(1, sum(int(count // size) for count in cores))


def _largest_share(amounts: Sequence[float], workers: int) -> float:
    """Return the most that each of some workers can have, none of them spread over two machines."""
    shares = {amount / number for amount in amounts for number in range(1, workers + 1) if amount}
    fitting = (
        share for share in shares if sum(math.floor(amount / share + 1e-9) for amount in amounts) >= workers
    )
    return max(fitting, default=0.0)
