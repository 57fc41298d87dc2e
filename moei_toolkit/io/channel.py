"""Things handed from one thread to another, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class ClosedError(Exception):
    """The other side of a channel has given up."""


class Channel(Generic[T]):
    """A queue between two threads that either side can close.

    Args:
        room: Things that may wait, >= 1; who puts one more waits until one is taken.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting: deque[T] = deque()
        self._changed = Condition()
        self._is_ended = self._is_closed = False

    def put(self, item: T) -> None:
        """Hand over one thing, then wait until there is room for another.

        Raises:
            ClosedError: The channel is closed.
        """
        with self._changed:
            self._waiting.append(item)
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(self._waiting) < self._room or self._is_closed)
            if self._is_closed:
                raise ClosedError

    def end(self) -> None:
        """Say that everything was put."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def close(self) -> None:
        """Give up, on either side; what still waits is dropped."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """Take things until the other side ends.

        Raises:
            ClosedError: The channel is closed.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_ended or self._is_closed)
                if self._is_closed:
                    raise ClosedError
                if not self._waiting:
                    return
                item = self._waiting.popleft()
                self._changed.notify_all()
            yield item


@contextmanager
def read_ahead(items: Iterable[T], room: int) -> Iterator[Iterator[T]]:
    """Iterate in a thread of its own, a few items ahead, for as long as the block lasts.

    Args:
        items: Iterated in that thread only; what it raises is raised where it is awaited.
        room: Items that may wait.

    Yields:
        The same items.
    """
    channel: Channel[T] = Channel(room)
    with ThreadPoolExecutor(1, "read-ahead") as thread:
        done = thread.submit(_put_all, items, channel)
        try:
            yield _taken(channel, done)
        finally:
            channel.close()


def _put_all(items: Iterable[T], channel: Channel[T]) -> None:
    try:
        with suppress(ClosedError):  # the reader has left early
            for item in items:
                channel.put(item)
    finally:
        channel.end()


def _taken(channel: Channel[T], done: Future[None]) -> Iterator[T]:
    yield from channel
    done.result()
