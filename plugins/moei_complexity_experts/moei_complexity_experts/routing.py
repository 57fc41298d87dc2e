"""Which branch an image takes at one block."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Decision:
    """How the branches of one block were judged.

    Attributes:
        logits: (B, n), float32.
        noisy: (B, n), the same with noise added, or the same where there is none.
        deviation: Standard deviation of the noise.
    """

    logits: Tensor
    noisy: Tensor
    deviation: float

    @property
    def gates(self) -> Tensor:
        """(B, n) in [0, 1], rows sum to 1."""
        return self.noisy.softmax(1)


class BlockRouter(nn.Module):
    """Judges the branches of one block by the mean of its features.

    Training adds noise N(0, 1 / n^2) to the logits of n branches, so that each is tried; see Riquelme et al.,
    "Scaling Vision with Sparse Mixture of Experts", NeurIPS 2021.

    Args:
        channels: Of the features.
        branches: n.
        noise_at_test: Add the noise in evaluation mode too. Then nothing is the same twice.
    """

    def __init__(self, channels: int, branches: int, noise_at_test: bool) -> None:
        super().__init__()
        self.judge = nn.Linear(channels, branches, bias=False)
        self.noise_at_test = noise_at_test

    def forward(self, h: Tensor) -> Decision:
        """Judge each of the features (B, C, h, w)."""
        logits = self.judge(h.mean((2, 3))).float()
        deviation = 1 / self.judge.out_features
        noisy = self.training or self.noise_at_test
        return Decision(logits, logits + deviation * torch.randn_like(logits) if noisy else logits, deviation)
