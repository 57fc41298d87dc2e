"""The contract every image metric keeps: a number, and the protocol that makes it comparable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from moei_toolkit.errors import DataError


class Metric(ABC):
    """Compares a restored image with its clean counterpart.

    Attributes:
        name: Key of the value in tables and rows.
        higher_is_better: Direction.
        protocol: Colour space, range, border, rounding and whatever else the number depends on.
    """

    name: str
    higher_is_better: bool
    protocol: Mapping[str, Any]

    @abstractmethod
    def __call__(self, restored: Any, clean: Any) -> float:
        """Measure one image.

        Args:
            restored: (3, H, W) floating point RGB array or tensor, left as it is; values outside [0, 1] are
                clipped, as a file would.
            clean: (3, H, W), same size, left as it is.

        Returns:
            The value.

        Raises:
            DataError: The shapes do not fit, a value is NaN or infinite, or nothing is left inside the
                border.
        """


def check_pair(restored: Any, clean: Any, border: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Check two images and cut the border off; their pixels are neither copied nor clipped.

    Args:
        restored: (3, H, W) floating point array or tensor.
        clean: The same.
        border: Pixels left out on each side.

    Returns:
        Two views (3, H - 2 border, W - 2 border).

    Raises:
        DataError: See `Metric.__call__`.
    """
    images = _as_array("restored", restored), _as_array("clean", clean)
    shapes = images[0].shape, images[1].shape
    if shapes[0] != shapes[1]:
        raise DataError(f"restored {shapes[0]} and clean {shapes[1]} differ in size")
    height, width = shapes[0][1:]
    if min(height, width) <= 2 * border:
        raise DataError(f"a border of {border} pixels leaves nothing of a {height}x{width} image")
    inner = (slice(None), slice(border, height - border), slice(border, width - border))
    return images[0][inner], images[1][inner]


def _as_array(role: str, image: Any) -> np.ndarray:
    if isinstance(image, torch.Tensor):
        image = image.detach().cpu()
        image = image.float() if image.dtype == torch.bfloat16 else image  # which NumPy does not have
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[0] != 3 or array.dtype.kind != "f" or 0 in array.shape:
        raise DataError(
            f"the {role} image must be (3, H, W) floating point RGB, got {array.shape} {array.dtype}"
        )
    if not np.isfinite([array.min(), array.max()]).all():
        raise DataError(f"the {role} image holds NaN or infinity")
    return array
