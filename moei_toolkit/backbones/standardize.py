"""Statistics of different scales, made comparable."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.sharded_batch import batch_mean


class Standardize(nn.Module):
    """Subtracts the running mean of every statistic and divides by its running deviation.

    Unlike batch normalisation it uses the running values while training too: a batch holds too few images
    for statistics of its own, and training and use see the same function.

    Args:
        size: S, number of statistics.
        memory: How many batches the running values remember, once that many were seen.
    """

    mean: Tensor
    variance: Tensor
    seen: Tensor

    def __init__(self, size: int, memory: int = 100) -> None:
        super().__init__()
        self.memory = memory
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, statistics: Tensor) -> Tensor:
        """Return standardised statistics, (B, S)."""
        if self.training:
            self._update(statistics.detach())
        return (statistics - self.mean) / self.variance.clamp_min(1e-6).sqrt()

    def _update(self, statistics: Tensor) -> None:
        """Merge a batch into the running values (Chan et al., "Updating formulae", 1979).

        The mean of squares less the square of the mean would be the same number, but for most statistics
        these two are nearly equal, and little of their difference is left in float32.
        """
        mean = batch_mean(statistics)
        variance = batch_mean((statistics - mean).square())
        self.seen += 1
        weight = 1 / self.seen.clamp_max(self.memory)
        between = weight * (1 - weight) * (mean - self.mean).square()
        self.variance.lerp_(variance, weight).add_(between)
        self.mean.lerp_(mean, weight)
