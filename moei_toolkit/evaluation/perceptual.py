"""LPIPS as a metric."""

from __future__ import annotations

import torch

from moei_toolkit.evaluation.metric import Metric, prepare
from moei_toolkit.losses.perceptual import LPIPSLoss, Net


class LPIPS(Metric):
    """Learned perceptual distance; smaller is better. See `LPIPSLoss` for the network and its weights.

    Args:
        net: ``"alex"`` is what most tables report; ``"squeeze"`` is small; ``"vgg"``.
        weights: File with torchvision's feature weights of that network.

    Raises:
        WeightsMissingError: No weights; the metric cannot be computed, and the message says what to get.
        CheckpointError: The file does not fit the network.
    """

    higher_is_better = False

    def __init__(self, net: Net = "squeeze", weights: str | None = None) -> None:
        self._distance = LPIPSLoss(net, weights)
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
        first, second = (torch.from_numpy(image).float()[None] for image in prepare(restored, clean))
        return float(self._distance(first, second, first))
