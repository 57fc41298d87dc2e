"""A sampler that counts: where training stopped is all there is to know about it."""

from __future__ import annotations

from collections.abc import Iterator

from torch.utils.data import Sampler


class CountingSampler(Sampler[int]):
    """Yields consecutive integers.

    A sample depends on its index alone, so a run resumed at index n sees exactly what an uninterrupted
    run would have seen.

    Args:
        start: First index.
        stop: One past the last index.
    """

    def __init__(self, start: int, stop: int) -> None:
        self.start = start
        self.stop = stop

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop))

    def __len__(self) -> int:
        return max(0, self.stop - self.start)

    def start_at(self, index: int) -> None:
        """Make the next iteration begin at ``index``."""
        self.start = index
