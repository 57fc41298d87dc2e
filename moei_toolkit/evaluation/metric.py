"""The contract every image metric keeps: a number, and the protocol that makes it comparable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from moei_toolkit.errors import ConfigError, DataError

Color = str
"""``"rgb"``, or ``"y"``: studio-range BT.601 luma, (16 + 65.481 R + 128.553 G + 24.966 B) / 255."""

Y_OFFSET, Y_WEIGHTS = 16 / 255, (65.481 / 255, 128.553 / 255, 24.966 / 255)


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
            restored: (3, H, W) floating point RGB array or tensor; values outside [0, 1] are clipped,
                as a file would.
            clean: (3, H, W), same size.

        Returns:
            The value.

        Raises:
            DataError: The shapes do not fit, a value is NaN or infinite, or nothing is left inside the
                border.
        """


def prepare(restored: Any, clean: Any, border: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Check two images, clip them to [0, 1] and cut the border off.

    Args:
        restored: (3, H, W) floating point array or tensor.
        clean: The same.
        border: Pixels left out on each side.

    Returns:
        Two float64 arrays (3, H - 2 border, W - 2 border).

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


def in_color(image: np.ndarray, color: Color) -> np.ndarray:
    """Return (C, H, W): the three channels, or the luma alone."""
    if color == "rgb":
        return image
    return np.tensordot(Y_WEIGHTS, image, axes=1)[None] + Y_OFFSET


def check_options(metric: str, color: Color, border: int) -> None:
    """Refuse an unknown colour space or a negative border.

    Raises:
        ConfigError: With the metric's name.
    """
    if color not in ("rgb", "y"):
        raise ConfigError(f"{metric}: color must be 'rgb' or 'y', got {color!r}")
    if border < 0:
        raise ConfigError(f"{metric}: border must be a number of pixels >= 0, got {border}")


def _as_array(role: str, image: Any) -> np.ndarray:
    if isinstance(image, torch.Tensor):
        image = image.detach().cpu()
        image = image.double() if image.is_floating_point() else image
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[0] != 3 or array.dtype.kind != "f" or 0 in array.shape:
        raise DataError(
            f"the {role} image must be (3, H, W) floating point RGB, got {array.shape} {array.dtype}"
        )
    if not np.isfinite(array).all():
        raise DataError(f"the {role} image holds NaN or infinity")
    return np.clip(array.astype(np.float64), 0, 1)
