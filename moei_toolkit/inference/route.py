"""The third hop as one network: what runtimes run, compile and export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert


class Route(nn.Module):
    """A backbone wearing experts, from tiles to restored tiles.

    Args:
        backbone: The shared trunk.
        experts: One for each way to restore; tiles are encoded once for all of them.
    """

    def __init__(self, backbone: Backbone, experts: Sequence[Expert]) -> None:
        super().__init__()
        self.backbone = backbone
        self.experts = nn.ModuleList(experts)

    def forward(self, tiles: Tensor, g: Tensor) -> Tensor:
        """Restore tiles (B, 3, h, w) of an image with descriptor g (1, d) to (B, 3 K, h, w) for K experts."""
        features = self.backbone.encode(tiles)
        experts = (cast(Expert, expert) for expert in self.experts)
        restored = [self.backbone.decode(features, tiles, expert, g) for expert in experts]
        return torch.cat(restored, 1) if len(restored) > 1 else restored[0]
