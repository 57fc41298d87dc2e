"""What every router promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Router(nn.Module, ABC):
    """Scores the experts for an image from its descriptor alone."""

    @abstractmethod
    def forward(self, g: Tensor) -> Tensor:
        """Return logits (B, K) for descriptors g (B, d)."""
