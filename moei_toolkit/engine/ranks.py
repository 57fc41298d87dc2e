"""Which of several processes this is, as torchrun tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moei_toolkit.errors import ConfigError


@dataclass(frozen=True)
class Ranks:
    """Which of how many processes this is.

    Attributes:
        rank: In [0, size); the first leads.
        size: Number of processes.
        local_rank: The rank among those of this machine.
        local_size: Number of processes on this machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1


def read_ranks(environment: Mapping[str, str]) -> Ranks:
    """Read what torchrun, or a launcher like it, has put into the environment of a process.

    Args:
        environment: Its variables; without RANK and WORLD_SIZE it is alone.

    Raises:
        ConfigError: They make no sense, or do not say where the first process is.
    """
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return Ranks()
    rank, size = (_number(environment, name) for name in ("RANK", "WORLD_SIZE"))
    if not 0 <= rank < size:
        raise ConfigError(f"expected RANK in [0, WORLD_SIZE), got RANK={rank} and WORLD_SIZE={size}")
    missing = [name for name in ("MASTER_ADDR", "MASTER_PORT") if not environment.get(name)]
    if size > 1 and missing:
        raise ConfigError(
            f"WORLD_SIZE is {size}: expected {' and '.join(missing)} in the environment, too. "
            "Start the processes with torchrun, which sets them."
        )
    local_rank, local_size = (
        _number(environment, name) if name in environment else default
        for name, default in (("LOCAL_RANK", rank), ("LOCAL_WORLD_SIZE", 1))
    )
    return Ranks(rank, size, local_rank, local_size)


def _number(environment: Mapping[str, str], name: str) -> int:
    try:
        return int(environment[name])
    except ValueError as error:
        raise ConfigError(f"{name}: expected a whole number, got {environment[name]!r}") from error
