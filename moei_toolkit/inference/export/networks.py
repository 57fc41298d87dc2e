"""The first hop as a network of its own: what is exported beside the routes and the router."""

from __future__ import annotations

from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.inference.describe import describe_views


class Describe(nn.Module):
    """From the views of one image to its descriptor.

    Args:
        backbone: The shared trunk.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, overview: Tensor, probes: Tensor) -> Tensor:
        """Return g (1, d) of an overview (3, S, S) and probes (P, 3, s, s)."""
        return describe_views(self.backbone, overview.unsqueeze(0), probes.unsqueeze(0)).g
