"""An expert that works beside the blocks instead of after them."""

from __future__ import annotations

import math

from torch import Tensor, nn

from moei_adaptir.adaptation import Adaptation
from moei_toolkit.backbones.base import Backbone
from moei_toolkit.errors import ConfigError
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.owned_blocks import own_last_blocks


class AdaptIR(Expert):
    """Adds to each block what `Adaptation` makes of the same input, starting from zero.

    Guo et al., "Parameter Efficient Adaptation for Image Restoration with Heterogeneous Mixture-of-Experts",
    NeurIPS 2024, where it is parallel to the MLP of a transformer block.

    The last ``top_blocks`` sites are private copies of the dense blocks, as those of ``adapter`` are.

    Args:
        backbone: A trained backbone; its sites are read and its last blocks copied, nothing is kept of it.
        divisor: Hidden channels are the site's channels over this, rounded down, but one at least.
        top_blocks: How many of the last sites the expert owns as copies.

    Raises:
        ValueError: If ``divisor`` is below 1 or not finite, or ``top_blocks`` exceeds the number of sites.
    """

    def __init__(self, backbone: Backbone, divisor: int = 14, top_blocks: int = 5) -> None:
        super().__init__()
        if not 1 <= divisor < math.inf:
            raise ValueError(f"divisor must be 1 or more, and finite, got {divisor}")
        adapted, copies = own_last_blocks(backbone, top_blocks)
        self.adaptations = nn.ModuleDict(
            {site: Adaptation(channels, max(1, channels // divisor)) for site, channels in adapted.items()}
        )
        self.copies = copies
        self.requires_grad_(True)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the private copy where there is one, else the dense block with the adaptation beside it.

        Raises:
            ConfigError: If the block returns another shape than it is given; then nothing can be beside it.
        """
        if site in self.copies:
            return self.copies[site](x)
        h = block(x)
        if h.shape != x.shape:
            raise ConfigError(
                f"site {site!r}: adaptir needs a block that keeps the shape of its input, this one makes "
                f"{tuple(h.shape[1:])} of {tuple(x.shape[1:])}; a larger top_blocks lets the expert own it"
            )
        return h + self.adaptations[site](x)
