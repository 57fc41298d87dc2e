"""Keeps a network whose description is a stranger's from filling the memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)

from moei_toolkit.errors import CheckpointError

_FEW = 1_000_000


@contextmanager
def at_most(numbers: int, where: str) -> Iterator[None]:
    """Refuse to build modules of many more parameters and buffers than there are numbers to fill them with.

    Args:
        numbers: How many there are; what lacks some of them is for whoever fills the modules to say.
        where: What describes the modules, for the error.

    Raises:
        CheckpointError: At the first that is one too many; what would come after it is never allocated.
    """
    seen, most = 0, 2 * numbers + _FEW

    def count(module: nn.Module, name: str, tensor: Tensor | None) -> None:
        nonlocal seen
        seen += 0 if tensor is None else tensor.numel()
        if seen > most:
            raise CheckpointError(f"{where}: describes a network of over {most:,} numbers, got {numbers:,}.")

    hooks = [
        register_module_parameter_registration_hook(count),
        register_module_buffer_registration_hook(count),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
