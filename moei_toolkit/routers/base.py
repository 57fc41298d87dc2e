"""What every router promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn


class Router(nn.Module, ABC):
    """Scores the experts for an image.

    A constructor names what it wants to be given: ``descriptor_dim`` (d), ``experts`` (K), ``names`` (of the
    experts, in order). A router without parameters is not trained.

    Attributes:
        exportable: Whether what decides is :meth:`forward`, in tensor operations alone, so that it can become
            a graph.
    """

    exportable: ClassVar[bool] = True

    @abstractmethod
    def forward(self, g: Tensor) -> Tensor:
        """Return what the descriptors alone say: logits (B, K) for g (B, d). It is what is trained."""

    def score(self, g: Tensor, images: Sequence[str]) -> Tensor:
        """Return the logits (B, K) that decide: those of :meth:`forward`, unless it knows images by name.

        Args:
            g: (B, d).
            images: B names: the id of a record, the path of a photograph as it was given, or ``""`` for
                pixels that have none.

        Raises:
            DataError: If it has no answer for an image.
        """
        logits: Tensor = self(g)
        return logits
