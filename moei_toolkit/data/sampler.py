"""A sampler that counts: where training stopped is all there is to know about it."""

from __future__ import annotations

from collections.abc import Iterator

from torch.utils.data import Sampler


class CountingSampler(Sampler[int]):
    """Yields consecutive integers, or the part of each batch of them that is for one of several processes.

    A sample depends on its index alone, so a run resumed at index n sees exactly what an uninterrupted
    run would have seen, and all parts together are what one process would have seen.

    Args:
        start: First index, of a batch.
        stop: One past the last index, of a batch.
        batch: Indices in a batch; a multiple of ``parts``.
        parts: Parts of a batch, all of the same size.
        part: Which of them is yielded.
    """

    def __init__(self, start: int, stop: int, batch: int = 1, parts: int = 1, part: int = 0) -> None:
        self.start = start
        self.stop = stop
        self._batch = batch
        self._size = batch // parts
        self._skipped = part * self._size

    def __iter__(self) -> Iterator[int]:
        for start in range(self.start + self._skipped, self.stop, self._batch):
            yield from range(start, start + self._size)

    def __len__(self) -> int:
        return max(0, self.stop - self.start) // self._batch * self._size

    def start_at(self, index: int) -> None:
        """Make the next iteration begin at ``index``."""
        self.start = index
