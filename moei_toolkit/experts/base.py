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

    def merged(self, site: str, block: nn.Module) -> nn.Module | None:
        """Return one module that does at ``site`` what ``run`` does with ``block``, or None if there is none.

        An expert that only changes weights costs no time once they are folded into a copy of the block.

        Args:
            site: One of the names in ``Backbone.sites()``.
            block: The dense block of that site, never changed.

        Returns:
            A module of its own that gives what ``run`` gives, to 1e-5. It holds what the expert is now, and
            does not follow later training.
        """
        return None

    def penalty(self) -> Tensor | None:
        """Return what training adds to its loss besides the error of the image, or None if it is nothing.

        An expert that routes inside, for instance, keeps its own parts equally busy with one.

        Returns:
            A scalar that gradients flow through, of the runs in training mode since this was last asked.
        """
        return None
