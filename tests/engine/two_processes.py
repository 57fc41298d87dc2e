"""Trainings by one process and by two; names choose some, and how their processes end is printed."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")

import torch
from tiny_training import Patches, in_child, train_dense, train_expert
from torch import Tensor

from moei_toolkit.engine.process_group import ProcessGroup, SingleProcess, take_part
from moei_toolkit.engine.ranks import read_ranks
from moei_toolkit.engine.torch_group import joined_group
from moei_toolkit.errors import DataError, MoeiError
from moei_toolkit.experts.dense import Dense

BATCH = 4
OF_THE_SECOND = 22
"""A sample of the sixth batch, in the part of the second process."""


class Double(Patches):
    """In float64."""

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        sample = super().__getitem__(index)
        return {name: value.double() if name != "task" else value for name, value in sample.items()}


class Missing(Patches):
    """One sample cannot be read."""

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        if index == OF_THE_SECOND:
            raise DataError(f"sample {index} is missing")
        return super().__getitem__(index)


class Deadly(Patches):
    """One sample kills who reads it."""

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        if index == OF_THE_SECOND:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def train(group: ProcessGroup, folder: Path, **options: Any) -> None:
    """Train with nothing random but which descriptors are dropped; the leader notes its losses."""
    folder.mkdir(exist_ok=True)

    def note(done: int, loss: float | None) -> None:
        with (folder / "losses").open("a") as file:
            file.write(json.dumps([done, loss]) + "\n")

    chosen = {"expert": Dense(), "images_per_batch": BATCH, **options}
    take_part(group, lambda: train_dense(folder, progress=note, group=group, **chosen) and None)


def train_exactly(group: ProcessGroup, folder: Path) -> None:
    """Train in float64, where rounding hides nothing."""
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double  # statistics are made in float32, whatever the rest is
    train(group, folder, dataset=Double())


def alone(work: Callable[..., None], *arguments: Any, **options: Any) -> int:
    return in_child(lambda: work(SingleProcess(), *arguments, **options))


def by_two(work: Callable[..., None], *arguments: Any, **options: Any) -> list[tuple[int, str]]:
    """Do something in two processes; return how each ended, and the error it ended with."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
    }
    started = [
        _start(lambda group: work(group, *arguments, **options), {**variables, "RANK": rank}) for rank in "01"
    ]
    return [(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), _text_of(pipe)) for child, pipe in started]


def _start(work: Callable[[ProcessGroup], None], variables: dict[str, str]) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        os.environ.update(variables)
        with joined_group(read_ranks(os.environ)) as group:
            work(group)
        code = 0
    except MoeiError as error:
        os.write(writing, f"{type(error).__name__}: {error}".encode())
        code = error.exit_code
    finally:
        os._exit(code)


def _text_of(pipe: int) -> str:
    with os.fdopen(pipe) as file:
        return file.read()


def train_adapter(group: ProcessGroup, folder: Path) -> None:
    """Train an expert on a frozen backbone."""
    take_part(group, lambda: train_expert(folder, group, images_per_batch=BATCH) and None)


def one_then_two(folder: Path) -> list[tuple[int, str]]:
    """Let two go on where one was killed; return how they ended."""
    alone(train, folder, dataset=Deadly())
    return by_two(train, folder)


def two_then_one(folder: Path) -> list[tuple[int, str]]:
    """Let one go on where the second of two was killed; return how the two ended."""
    ends = by_two(train, folder, dataset=Deadly())
    alone(train, folder)
    return ends


TRAININGS: dict[str, Callable[[Path], Any]] = {
    "one": partial(alone, train),
    "two": partial(by_two, train),
    "one exactly": partial(alone, train_exactly),
    "two exactly": partial(by_two, train_exactly),
    "expert of one": partial(alone, train_adapter),
    "expert of two": partial(by_two, train_adapter),
    "one then two": one_then_two,
    "two then one": two_then_one,
    "nan": partial(by_two, train, dataset=Patches(spoiled=OF_THE_SECOND)),
    "missing": partial(by_two, train, dataset=Missing()),
    "odd": partial(by_two, train, images_per_batch=3),
}
"""What can be done in a folder of its own; it returns how the processes ended."""


if __name__ == "__main__":
    torch.set_num_threads(1)
    base, *names = sys.argv[1:]
    print("ENDS", json.dumps({name: TRAININGS[name](Path(base, name)) for name in names}))
