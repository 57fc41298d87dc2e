"""The contract every loss keeps."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from moei_toolkit.errors import ConfigError, DataError


class Loss(nn.Module, ABC):
    """A distance between a restored image and its clean counterpart; one value per image.

    Values per image, not per batch, because the utility table needs them and because a batch may hold
    several kinds of weather. Smaller is better; equal images give 0.

    Attributes:
        terms: Name and weight of every term that is active, so that a run can print what it minimises.
    """

    terms: dict[str, float]

    @abstractmethod
    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """Compare a batch.

        Args:
            restored: (B, 3, H, W) RGB, nominally in [0, 1] but not clipped.
            clean: (B, 3, H, W) RGB in [0, 1].
            degraded: (B, 3, H, W) RGB in [0, 1], what the restored image was made from.

        Returns:
            (B,) float32.

        Raises:
            DataError: The shapes do not fit.
        """


def checked(*images: Tensor) -> tuple[Tensor, ...]:
    """Return the images in float32 or wider, after a look at their shapes.

    Args:
        *images: Tensors that must share one shape (B, 3, H, W).

    Returns:
        The same tensors; half precision becomes float32, because the terms square small gradients.

    Raises:
        DataError: A shape differs or is not (B, 3, H, W).
    """
    shapes = [tuple(image.shape) for image in images]
    if len(shapes[0]) != 4 or shapes[0][1] != 3 or len(set(shapes)) != 1 or 0 in shapes[0]:
        raise DataError(
            f"a loss compares images of one shape (B, 3, H, W), got {' and '.join(map(str, shapes))}"
        )
    return tuple(image.to(torch.promote_types(image.dtype, torch.float32)) for image in images)


def checked_weight(name: str, weight: float) -> float:
    """Return the weight of a term.

    Raises:
        ConfigError: It is no finite number of 0 or more.
    """
    if not isinstance(weight, int | float) or not 0 <= weight < math.inf:
        raise ConfigError(f"{name}: expected the weight of a term, 0 or more, got {weight!r}")
    return weight


def image_mean(values: Tensor) -> Tensor:
    """Average a (B, ...) tensor over everything but the batch."""
    return values.flatten(1).mean(1)
