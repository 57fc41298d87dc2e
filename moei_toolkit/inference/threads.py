"""How many threads a network may use."""

from __future__ import annotations

from moei_toolkit.errors import ConfigError
from moei_toolkit.io.processors import usable_cores


def thread_count(threads: int | None) -> int:
    """Return ``threads``, or when None as many as there are cores that this process may use.

    Raises:
        ConfigError: If it is less than 1.
    """
    if threads is None:
        return usable_cores()
    if threads < 1:
        raise ConfigError(f"threads: expected 1 or more, got {threads}")
    return threads
