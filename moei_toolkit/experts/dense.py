"""No expert at all: the shared backbone as it is, and the fallback of every abstention."""

from __future__ import annotations

from torch import Tensor, nn

from moei_toolkit.experts.base import Expert


class Dense(Expert):
    """Runs every block untouched; has no parameters."""

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Return ``block(x)``."""
        return block(x)
