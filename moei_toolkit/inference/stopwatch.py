"""How long each hop of an image takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed(seconds: dict[str, float], hop: str) -> Iterator[None]:
    """Put the seconds that the block takes under the name of the hop."""
    started = time.perf_counter()
    yield
    seconds[hop] = time.perf_counter() - started
