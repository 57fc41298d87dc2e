"""What a network must know of a batch when it sees a part of it only, because several processes share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Shard:
    """Which part of a batch is here; all parts are equal.

    Attributes:
        rank: Of the part, in [0, count).
        count: Number of parts.
        all_reduce: Adds up, in place, what each process gives; every process must call it.
    """

    rank: int
    count: int
    all_reduce: Callable[[Tensor], object]


# Like autograd's mode it is of a call, not of a network: the same network also runs alone, to be validated.
_SHARD: ContextVar[Shard | None] = ContextVar("shard", default=None)


@contextmanager
def sharded_batch(shard: Shard) -> Iterator[None]:
    """Let networks know, while the block lasts, that they see a part of a batch."""
    token = _SHARD.set(shard)
    try:
        yield
    finally:
        _SHARD.reset(token)


def batch_mean(values: Tensor) -> Tensor:
    """Return the mean over the whole batch of values (B, ...) of the images that are here.

    Args:
        values: Without gradient.
    """
    mean, shard = values.mean(0), _SHARD.get()
    if shard is None:
        return mean
    shard.all_reduce(mean)
    return mean / shard.count


def rand_per_image(count: int, device: torch.device) -> Tensor:
    """Return a random number in [0, 1) for each of the ``count`` images that are here, (count, 1).

    Every process draws for the whole batch: so what an image gets does not depend on how many there are.
    """
    shard = _SHARD.get()
    if shard is None:
        return torch.rand(count, 1, device=device)
    drawn = torch.rand(shard.count * count, 1, device=device)
    return drawn[shard.rank * count :][:count]
