"""The one method through which every expert acts."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Expert(nn.Module, ABC):
    """A specialist the backbone can wear. A fresh one leaves the dense output unchanged, bit for bit."""

    @abstractmethod
    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run, replace or refine ``block`` at ``site``.

        Args:
            site: One of the names in ``Backbone.sites()``.
            block: The dense block of that site. It belongs to the backbone and is never changed.
            x: (B, C_in, h, w), the input of the block.

        Returns:
            (B, C, h, w), where C is ``Backbone.sites()[site]``.
        """
