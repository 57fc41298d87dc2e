"""A control: what choosing gains can only be told from not choosing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from moei_toolkit.routers.answers import logits_of
from moei_toolkit.routers.base import Router


class FixedRouter(Router):
    """Always the same expert: logit 1 for it and 0 for the others.

    A temperature then makes its confidence the share of images for which that expert is the best one, or
    1 / K if that is less. A calibrator that may change choices may change this one, too.

    Args:
        names: Of the experts.
        expert: The one of them.

    Raises:
        DataError: If there is no such expert.
    """

    logits: Tensor

    def __init__(self, names: Sequence[str], expert: str) -> None:
        super().__init__()
        self.register_buffer("logits", torch.tensor(logits_of(expert, names)), persistent=False)

    def forward(self, g: Tensor) -> Tensor:
        """Return logits (B, K), whatever g is."""
        return self.logits.expand(len(g), -1)
