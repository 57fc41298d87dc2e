"""The default router: one hidden layer."""

from __future__ import annotations

from torch import Tensor, nn

from moei_toolkit.routers.base import Router


class MLPRouter(Router):
    """d -> hidden -> K with GELU and dropout.

    Args:
        descriptor_dim: d, the length of g.
        experts: K, how many experts there are to choose from.
        hidden: Hidden units.
        dropout: Probability of dropping an input or hidden unit while training, in [0, 1); off at test time.

    Raises:
        ValueError: If ``hidden`` is below 1, or ``dropout`` is not in [0, 1).
    """

    def __init__(self, descriptor_dim: int, experts: int, hidden: int = 512, dropout: float = 0.2) -> None:
        super().__init__()
        if hidden < 1:
            raise ValueError(f"hidden must be 1 or more, got {hidden}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(descriptor_dim, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, experts),
        )

    def forward(self, g: Tensor) -> Tensor:
        """Return logits (B, K)."""
        return self.layers(g)
