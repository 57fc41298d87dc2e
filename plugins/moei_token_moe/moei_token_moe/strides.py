"""How coarse the features of each site are, which a backbone does not say: it is tried."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert


@torch.no_grad()
def site_strides(backbone: Backbone, cell: int) -> dict[str, int]:
    """Return how many pixels of the image a cell of the features at each site is wide.

    A copy of the backbone runs on torch's meta device, which has shapes and no values.

    Args:
        backbone: Not changed.
        cell: Pixels; the image that is tried is wider by a whole factor.
    """
    side = 2 * math.lcm(backbone.size_multiple, cell)
    net, watch = copy.deepcopy(backbone).eval().to("meta"), _Watch()
    x = torch.empty(1, 3, side, side, device="meta")
    g = torch.empty(1, backbone.descriptor_dim, device="meta")
    net.decode(net.encode(x), x, watch, g)
    return {site: side // width for site, width in watch.widths.items()}


class _Watch(Expert):
    """Notes how wide the output of every block is."""

    def __init__(self) -> None:
        super().__init__()
        self.widths: dict[str, int] = {}

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        h: Tensor = block(x)
        self.widths[site] = h.shape[-1]
        return h
