"""Threads hand things over in order, never run far ahead, and end together."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from moei_toolkit.io.channel import Channel, ClosedError, read_ahead


def test_everything_arrives_in_order():
    with read_ahead(range(1000), 3) as items:
        assert list(items) == list(range(1000))


def test_an_error_arrives_where_it_was_due():
    def fail_at_three() -> Iterator[int]:
        yield from (0, 1, 2)
        raise ZeroDivisionError

    with read_ahead(fail_at_three(), 2) as items:
        assert [next(items) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ZeroDivisionError):
            next(items)


def test_no_more_is_made_than_may_wait():
    made, may_check = [], threading.Semaphore(0)

    def make() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            may_check.release()
            yield number

    with read_ahead(make(), 1) as items:
        for number in range(9):
            assert next(items) == number
            may_check.acquire()
            assert len(made) <= number + 2
    assert len(made) <= 10


def test_leaving_early_ends_the_other_side():
    ended = threading.Event()

    def make_forever() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            ended.set()

    with read_ahead(make_forever(), 2) as items:
        next(items)
    assert ended.wait(10)


def test_a_closed_channel_refuses_both_sides():
    channel: Channel[int] = Channel(3)
    channel.put(1)
    channel.close()
    with pytest.raises(ClosedError):
        channel.put(2)
    with pytest.raises(ClosedError):
        next(iter(channel))
