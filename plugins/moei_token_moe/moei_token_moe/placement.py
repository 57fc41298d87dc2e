"""How an image lies in the features of each site, which a backbone does not say: it is tried."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert

_SIDE = 4096
"""Of the image that is tried, pixels: so large that what it is padded by hardly counts."""


@dataclass(frozen=True)
class Placement:
    """How an image lies in features.

    Attributes:
        strides: How many pixels a cell is wide, by site.
        part: Side in pixels of the squares that sites are given one beside the other in a batch, as by
            ``dehazexl``; None where they are given the whole image.
    """

    strides: dict[str, int]
    part: int | None


@torch.no_grad()
def find_placement(backbone: Backbone) -> Placement:
    """Find out how an image lies in the features of a backbone, which is not changed.

    A copy runs on torch's meta device, which has shapes and no values.
    """
    net, watch = copy.deepcopy(backbone).eval().to("meta"), _Watch()
    x = torch.empty(1, 3, _SIDE, _SIDE, device="meta")
    g = torch.empty(1, backbone.descriptor_dim, device="meta")
    net.decode(net.encode(x), x, watch, g)
    cells = {site: parts * width for site, (parts, width) in watch.rows.items()}
    finest = max(cells.values())
    strides = {site: round(_SIDE / finest) * finest // count for site, count in cells.items()}
    site, (parts, width) = next(iter(watch.rows.items()))
    return Placement(strides, part=width * strides[site] if parts > 1 else None)


class _Watch(Expert):
    """Notes into how many parts a row of the image is cut at every site, and how many cells each has."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, tuple[int, int]] = {}

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        h: Tensor = block(x)
        self.rows[site] = math.isqrt(len(h)), h.shape[-1]
        return h
