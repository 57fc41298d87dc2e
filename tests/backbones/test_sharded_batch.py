"""Parts of a batch know together what the whole batch would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from moei_toolkit.backbones.sharded_batch import Shard, batch_mean, rand_per_image, sharded_batch
from moei_toolkit.backbones.standardize import Standardize

CPU = torch.device("cpu")


def in_parts(parts: int, work: Callable[[int], Tensor]) -> list[Tensor]:
    """Do something for each part of a batch, in threads that add up as processes would."""
    given: list[Tensor] = []
    together = threading.Barrier(parts)

    def add(values: Tensor) -> None:
        mine = values.clone()
        given.append(mine)
        together.wait()
        values.copy_(torch.stack(given).sum(0))
        together.wait()
        given.clear()
        together.wait()

    def one(part: int) -> Tensor:
        with sharded_batch(Shard(part, parts, add)):
            return work(part)

    with ThreadPoolExecutor(parts) as threads:
        return list(threads.map(one, range(parts)))


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_the_mean_is_that_of_the_whole_batch(parts):
    values = torch.randn(6, 5, dtype=torch.float64)
    shares = values.chunk(parts)
    for mean in in_parts(parts, lambda part: batch_mean(shares[part])):
        torch.testing.assert_close(mean, values.mean(0))


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_what_is_drawn_for_an_image_does_not_depend_on_the_parts(parts):
    torch.manual_seed(3)
    whole = rand_per_image(6, CPU)
    drawn = []
    for part in range(parts):
        torch.manual_seed(3)
        with sharded_batch(Shard(part, parts, lambda values: None)):
            drawn.append(rand_per_image(6 // parts, CPU))
    assert torch.equal(torch.cat(drawn), whole)
    after = torch.rand(1)
    torch.manual_seed(3)
    rand_per_image(6, CPU)
    assert torch.equal(torch.rand(1), after)


def test_running_statistics_are_those_of_the_whole_batch():
    batches = torch.randn(4, 6, 3, dtype=torch.float64) * 5 + 2
    whole, *parts = [Standardize(3).double().train() for _ in range(3)]
    for batch in batches:
        shares = batch.chunk(2)
        standardised = in_parts(2, lambda part, shares=shares: parts[part](shares[part]))
        torch.testing.assert_close(torch.cat(standardised), whole(batch))
    for part in parts:
        torch.testing.assert_close(part.state_dict(), whole.state_dict())


def test_outside_a_shared_batch_nothing_is_shared():
    def fail(values: Tensor) -> None:
        raise AssertionError

    with sharded_batch(Shard(1, 2, fail)):
        pass
    assert batch_mean(torch.ones(2, 3)).tolist() == [1, 1, 1]
    assert rand_per_image(4, CPU).shape == (4, 1)
