"""How many parameters a network has."""

from __future__ import annotations

from torch import nn


def parameters_of(net: nn.Module) -> int:
    """Return how many parameters a network has; buffers do not count."""
    return sum(parameter.numel() for parameter in net.parameters())
