"""A group whose processes torch.distributed connects."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from moei_toolkit.engine.process_group import ProcessGroup
from moei_toolkit.engine.ranks import Ranks
from moei_toolkit.errors import ConfigError, MoeiError, TrainingError

T = TypeVar("T")

_JOINING = timedelta(minutes=10)
_WORKING = timedelta(days=7)  # the others wait while the leader validates; a lost connection shows at once
_LEAVING = timedelta(seconds=10)
_PAUSE = 0.2  # seconds between two looks at whether there is something to do


@contextmanager
def joined_group(ranks: Ranks) -> Iterator[TorchProcessGroup]:
    """Be one of several processes while the context lasts; CPUs talk through gloo, GPUs through nccl.

    Args:
        ranks: Of this process; the environment says where the first one is.

    Raises:
        ConfigError: The others cannot be found, or this machine has no GPU left for this process.
    """
    backend = "gloo"
    if torch.cuda.is_available():
        if ranks.local_rank >= torch.cuda.device_count():
            raise ConfigError(
                f"rank {ranks.rank}: expected a GPU for each process of this machine, got "
                f"{torch.cuda.device_count()} for {ranks.local_rank + 1} or more. Start fewer processes."
            )
        torch.cuda.set_device(ranks.local_rank)
        backend = "cpu:gloo,cuda:nccl"
    if ranks.local_size == ranks.size:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", _loopback())
    try:
        met, _, _ = next(dist.rendezvous("env://", ranks.rank, ranks.size, timeout=_JOINING))
        store = dist.PrefixStore("moei", met)
        store.add("joined", 1)
        _wait(lambda: store.add("joined", 0) >= ranks.size, _JOINING)
        dist.init_process_group(
            backend, store=store, rank=ranks.rank, world_size=ranks.size, timeout=_WORKING
        )
    except (RuntimeError, TimeoutError) as error:
        raise ConfigError(
            f"rank {ranks.rank}: expected {ranks.size} processes to meet at MASTER_ADDR and MASTER_PORT, "
            f"they do not: {error}"
        ) from error
    group = TorchProcessGroup(ranks, store)
    try:
        yield group
    except KeyboardInterrupt:
        group.leave(in_haste=True)
        raise
    except BaseException:
        group.leave()
        raise
    group.leave()


class TorchProcessGroup(ProcessGroup):
    """One of several processes; see `joined_group`.

    Args:
        ranks: Its place among them.
        store: What small messages are left in.
    """

    def __init__(self, ranks: Ranks, store: dist.Store) -> None:
        super().__init__(ranks)
        self._store = store
        self._orders = 0

    def agree(self, error: Exception | None = None) -> None:
        """Find out together whether all is well; see `ProcessGroup`."""
        if self.is_over and error is not None:
            raise error
        told: list[MoeiError | None] = [None] * self.size
        with self._contact():
            failures = torch.tensor(int(error is not None))
            dist.all_reduce(failures)
            if not failures:
                return
            self.is_over = True
            dist.all_gather_object(told, self._portable(error))
        raise next(filter(None, told)) from error

    @contextmanager
    def collective(self) -> Iterator[None]:
        """Do together what no process can leave alone; see `ProcessGroup`."""
        try:
            with self._contact():
                yield
        except MoeiError:
            raise
        except BaseException:
            self.is_over = True
            raise

    def from_leader(self, value: T) -> T:
        """Return the leader's value; together."""
        self.agree()
        values = [value]
        with self.collective():
            dist.broadcast_object_list(values)
        return values[0]

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the mean over the processes of scalars; together, inside `collective`."""
        together = torch.stack([value.detach() for value in values.values()])
        dist.all_reduce(together)
        return dict(zip(values, together / self.size, strict=True))

    def call(self, order: Mapping[str, Any] | None) -> None:
        """Tell the others what to do next."""
        self._store.set(f"order {self._orders}", json.dumps(order))
        self._orders += 1

    def next_order(self) -> dict[str, Any] | None:
        """Wait, for as long as it takes, until the leader calls; return what it says.

        Raises:
            TrainingError: It cannot be reached any more.
        """
        name = f"order {self._orders}"
        with self._contact():
            _wait(lambda: self._store.check([name]), _WORKING)
            order: dict[str, Any] | None = json.loads(self._store.get(name))
        self._orders += 1
        return order

    def leave(self, in_haste: bool = False) -> None:
        """Tell the others that this process ends; the leader, whom they need, waits for them a little."""
        with suppress(RuntimeError, TimeoutError):
            if not self.leads:
                self._store.add("left", 1)
            elif not self.is_over:
                self.call(None)
                if not in_haste:
                    _wait(lambda: self._store.add("left", 0) >= self.size - 1, _LEAVING)
        if not (self.is_over or in_haste):
            dist.destroy_process_group()

    @contextmanager
    def _contact(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, TimeoutError) as error:
            if not _is_lost(error):
                raise
            self.is_over = True
            raise TrainingError(
                "another process of this training has ended, or cannot be reached any more. Run the same "
                "command again to go on from the last checkpoint."
            ) from error

    def _portable(self, error: Exception | None) -> MoeiError | None:
        """Return an error as the others can be told it."""
        if error is None or (self.leads and isinstance(error, MoeiError)):
            return error
        kind = type(error) if isinstance(error, MoeiError) else MoeiError
        text = f"{error}" if isinstance(error, MoeiError) else f"{type(error).__name__}: {error}"
        return kind(text if self.leads else f"rank {self.rank} of {self.size}: {text}")


def _loopback() -> str:
    """Return the name of the loopback interface: what processes of one machine say is for nobody else."""
    return next(name for _, name in socket.if_nameindex() if name.startswith("lo"))


def _is_lost(error: Exception) -> bool:
    """Tell whether the other side of a connection has gone; gloo has no type for it."""
    return isinstance(error, dist.DistError | TimeoutError) or "gloo" in str(error).lower()


def _wait(happened: Callable[[], bool], at_most: timedelta) -> None:
    """Wait for something with short pauses, in which signals are heard."""
    until = time.monotonic() + at_most.total_seconds()
    while not happened():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {at_most}")
        time.sleep(_PAUSE)
