"""How many threads a network may use."""

from __future__ import annotations

from moei_toolkit.errors import ConfigError
from moei_toolkit.io.processors import usable_cores

_MOST = 256


def thread_count(threads: int | None) -> int:
    """Return ``threads``, or when None as many as there are cores that this process may use.

    Raises:
        ConfigError: If it is less than 1, or so many that engines hang or fall over.
    """
    if threads is None:
        return usable_cores()
    most = max(_MOST, usable_cores())
    if not 1 <= threads <= most:
        raise ConfigError(f"threads: expected 1 to {most}, got {threads}")
    return threads
