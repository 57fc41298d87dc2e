"""LPIPS as a metric."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.errors import ConfigError
from moei_toolkit.evaluation.metrics.metric import Metric, check_pair
from moei_toolkit.losses.perceptual import LPIPSLoss, Net

STRIDES: dict[Net, tuple[int, ...]] = {
    "squeeze": (2, 4, 8, 16, 16, 16, 16),
    "alex": (4, 8, 16, 16, 16),
    "vgg": (1, 2, 4, 8, 16),
}
"""Pixels between neighbouring positions, level by level."""

ROWS: dict[Net, int] = {"squeeze": 1088, "alex": 1088, "vgg": 256}
"""Height of a band, network by network."""

COARSEST = 16
"""The largest stride: bands that begin at a multiple of it keep every level in step with the whole image."""

REACH = 7 * COARSEST
"""Rows a band sees above and below its own; no position of any network depends on more of them."""


class LPIPS(Metric):
    """Learned perceptual distance; smaller is better. See `LPIPSLoss` for the network and its weights.

    A large image is measured in bands of rows that see enough of their neighbours to give exactly what the
    whole image gives.

    Args:
        net: ``"alex"`` is what most tables report; ``"squeeze"`` is small; ``"vgg"``.
        weights: File with torchvision's feature weights of that network.
        rows: Height of a band in pixels, a multiple of 16. Memory grows with it; the value stays. None for
            1088, or 256 for ``"vgg"``, which holds many times as many features.

    Raises:
        ConfigError: The net is unknown, or the rows are not a multiple of 16.
        WeightsMissingError: No weights; the metric cannot be computed, and the message says what to get.
        CheckpointError: The file does not fit the network.
    """

    higher_is_better = False

    def __init__(self, net: Net = "squeeze", weights: str | None = None, rows: int | None = None) -> None:
        if rows is not None and (rows < COARSEST or rows % COARSEST):
            raise ConfigError(f"lpips: rows must be a multiple of {COARSEST}, got {rows}")
        self._distance = LPIPSLoss(net, weights)
        self._strides, self._rows = STRIDES[net], rows or ROWS[net]
        self.name = "lpips" if net == "alex" else f"lpips_{net}"
        self.protocol = {
            "color": "RGB",
            "range": "[0, 1], clipped, then scaled to [-1, 1]",
            "border": 0,
            "rounding": "none",
            "net": net,
            "heads": "v0.1",
        }

    @torch.no_grad()
    def __call__(self, restored: object, clean: object) -> float:
        """See `Metric.__call__`. Images smaller than the network's pooling needs are a DataError."""
        images = check_pair(restored, clean)
        tops = range(0, images[0].shape[1], self._rows)
        bands = [list(self._band(images, top)) for top in tops]
        total, positions = np.sum(bands, axis=0).T
        return float(np.sum(total / positions))

    def _band(self, images: tuple[np.ndarray, np.ndarray], top: int) -> Iterator[tuple[float, int]]:
        """Yield the sum of the distances of one band, and how many they are, level by level."""
        bottom = top + self._rows
        first = max(0, top - REACH)
        is_last = bottom >= images[0].shape[1]
        crops = (_as_batch(image[:, first : bottom + REACH]) for image in images)
        for stride, level in zip(self._strides, self._distance.levels(*crops), strict=True):
            end = None if is_last else (bottom - first) // stride
            own = level[:, :, (top - first) // stride : end]
            yield own.sum(dtype=torch.float64).item(), own.numel()


def _as_batch(image: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.clip(image, 0, 1), np.float32)).unsqueeze(0)
