"""Where networks run, and with how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from moei_toolkit.errors import ConfigError


def usable_device(name: str) -> torch.device:
    """Return the device of a name such as ``"cpu"`` or ``"cuda:1"``.

    Raises:
        ConfigError: There is no such device here.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except Exception as error:  # every kind of device complains in its own way
        cause = f"{error}".partition("\n")[0]
        raise ConfigError(f"device {name!r}: cannot be used here ({cause}); 'cpu' always can") from error
    return device


def default_device() -> str:
    """Return ``"cuda"`` where there is one, else ``"cpu"``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def using_threads(threads: int | None) -> Iterator[None]:
    """Let torch use so many threads on the CPU inside the block, >= 1; as many as before when None."""
    if threads is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
