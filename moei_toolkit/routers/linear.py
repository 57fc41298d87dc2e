"""The smallest router that learns: multinomial logistic regression."""

from __future__ import annotations

from torch import Tensor, nn

from moei_toolkit.routers.base import Router


class LinearRouter(Router):
    """d -> K: how far the descriptor gets without a hidden layer.

    Args:
        descriptor_dim: d, the length of g.
        experts: K, how many experts there are to choose from.
    """

    def __init__(self, descriptor_dim: int, experts: int) -> None:
        super().__init__()
        self.layer = nn.Linear(descriptor_dim, experts)

    def forward(self, g: Tensor) -> Tensor:
        """Return logits (B, K)."""
        return self.layer(g)
