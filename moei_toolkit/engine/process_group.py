"""The processes that train together: their ranks, and what they tell each other. Needs no torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from moei_toolkit.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """Which of how many processes this is.

    Attributes:
        rank: In [0, size); the first leads.
        size: Number of processes.
        local_rank: The rank among those of this machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0


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
    return Ranks(rank, size, _number(environment, "LOCAL_RANK") if "LOCAL_RANK" in environment else rank)


def _number(environment: Mapping[str, str], name: str) -> int:
    try:
        return int(environment[name])
    except ValueError as error:
        raise ConfigError(f"{name}: expected a whole number, got {environment[name]!r}") from error


class ProcessGroup(ABC):
    """The processes of one training, as one of them sees them.

    What is said to be done together waits until every process has come to the same call.

    Args:
        ranks: Where this process is among them.

    Attributes:
        is_over: The processes have ended what they did together, or have lost one another.
    """

    def __init__(self, ranks: Ranks) -> None:
        self.rank = ranks.rank
        self.size = ranks.size
        self.is_over = False

    @property
    def leads(self) -> bool:
        """Whether this is the process that plans, writes and reports."""
        return self.rank == 0

    def images_per_process(self, images: int, where: str = "images_per_batch") -> int:
        """Return how many images of a batch are for each process.

        Raises:
            ConfigError: They cannot be divided evenly.
        """
        if images % self.size:
            raise ConfigError(
                f"{where}: expected a multiple of {self.size}, the number of processes, got {images}. "
                "Every process takes an equal share of each batch."
            )
        return images // self.size

    @abstractmethod
    def agree(self, error: Exception | None = None) -> None:
        """Find out together whether all is well, and raise everywhere when it is not.

        Args:
            error: What went wrong in this process.

        Raises:
            MoeiError: That of the first process that has one.
        """

    @abstractmethod
    def collective(self) -> AbstractContextManager[None]:
        """Do together what no process can leave alone.

        Inside, processes wait for each other in other ways than by `agree`: only a MoeiError, raised where
        they do not wait, can still be told by it.
        """

    @abstractmethod
    def from_leader(self, value: T) -> T:
        """Return the leader's value; together."""

    @abstractmethod
    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the mean over the processes of scalars; together and collective."""

    @abstractmethod
    def call(self, order: Mapping[str, Any] | None) -> None:
        """Tell the others what the leader needs them for next, as plain data; None when it has ended."""


class SingleProcess(ProcessGroup):
    """One process, which waits for nobody."""

    def __init__(self) -> None:
        super().__init__(Ranks())

    def agree(self, error: Exception | None = None) -> None:
        """Raise the error, if there is one."""
        if error is not None:
            raise error

    def collective(self) -> AbstractContextManager[None]:
        """Return a context that does nothing."""
        return nullcontext()

    def from_leader(self, value: T) -> T:
        """Return the value."""
        return value

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the values."""
        return dict(values)

    def call(self, order: Mapping[str, Any] | None) -> None:
        """Do nothing."""


def take_part(group: ProcessGroup, work: Callable[[], None]) -> None:
    """Do what every process of a group does, and end it together.

    Raises:
        MoeiError: The work has failed in one of them.
    """
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the others wait for it, whatever it is; raised again there
        group.agree(error)
    else:
        group.agree()
