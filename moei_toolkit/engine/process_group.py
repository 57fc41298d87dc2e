"""The processes that train together, and what they tell each other. Needs no torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from moei_toolkit.engine.ranks import Ranks
from moei_toolkit.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")


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
        """Return the mean over the processes of scalars; together, inside `collective`."""

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
