"""Several experts at once: what Top-1 routing is compared with, never what it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from moei_toolkit.experts.base import Expert


class Mixture(Expert):
    """The weighted mean of what several experts make of every block.

    With the two most probable experts and their probabilities it is the Top-2 gate of Shazeer et al.,
    "Outrageously Large Neural Networks", ICLR 2017, for a whole image: a diagnostic of what choosing only one
    gives away, at about twice the cost of the decoder.

    In a config, ``dict(type="mixture", experts=[dict(type="adapter"), dict(type="adapter")])``, its experts
    are trained together: a rival that costs what Top-2 does. Two fresh experts in equal parts are dense bit
    for bit; of more experts, or in other parts, the mean is dense but for rounding.

    Args:
        experts: At least one; used as they are, not copied.
        weights: One for each, >= 0; their sum is scaled to 1. None for equal parts.

    Raises:
        ValueError: If there are no experts, as many weights as experts are not given, or they do not weigh.
    """

    def __init__(self, experts: Sequence[Expert], weights: Sequence[float] | None = None) -> None:
        super().__init__()
        weights = [1.0] * len(experts) if weights is None else weights
        total = math.fsum(weights)
        if not experts or len(experts) != len(weights):
            raise ValueError(f"expected one weight per expert, got {len(weights)} for {len(experts)}")
        if min(weights) < 0 or not 0 < total < math.inf:
            raise ValueError(f"expected weights >= 0 with a finite sum above 0, got {list(weights)}")
        self.experts = nn.ModuleList(experts)
        self.weights = tuple(weight / total for weight in weights)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the block wearing each expert, and average."""
        outputs = (cast(Expert, expert).run(site, block, x) for expert in self.experts)
        parts = (weight * output for weight, output in zip(self.weights, outputs, strict=True))
        return sum(parts, start=x.new_zeros(()))

    def penalty(self) -> Tensor | None:
        """Return the sum of what its experts ask for."""
        asked = [cast(Expert, expert).penalty() for expert in self.experts]
        wanted = [penalty for penalty in asked if penalty is not None]
        return torch.stack(wanted).sum() if wanted else None
